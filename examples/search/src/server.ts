/** The example on its own HTTP server, without a load balancer: PORT (default 3000), HOST (default 127.0.0.1). */
import { createServer } from 'node:http'
import app from './app.ts'

const { PORT = '3000', HOST = '127.0.0.1' } = process.env
const server = createServer(app)
server.listen(Number(PORT), HOST, () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') {
    console.log(`http://${address.address}:${address.port}/`)
  }
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeIdleConnections()
  })
}
