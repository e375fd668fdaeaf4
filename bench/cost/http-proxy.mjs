/** http-proxy before one server: `node http-proxy.mjs PORT SERVER_PORT`. */
import { Agent } from 'node:http'
import httpProxy from 'http-proxy'

const [port, serverPort] = process.argv.slice(2).map(Number)
httpProxy
  .createProxyServer({
    target: { host: '127.0.0.1', port: serverPort },
    agent: new Agent({ keepAlive: true }),
    xfwd: true,
  })
  .listen(port, '127.0.0.1')
