/** The same application behind Node's own HTTP server: `node serve.mjs PORT`. */
import { createServer } from 'node:http'
import application from './app.mjs'

createServer({ keepAliveTimeout: 600_000 }, application).listen(
  Number(process.argv[2]),
  '127.0.0.1',
)
