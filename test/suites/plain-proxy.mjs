/** A reverse proxy of the plainest kind: what an application may expect of any server in front of it. */
import { Agent, createServer, request } from 'node:http'

const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  'upgrade',
])

/** A server, not yet listening, that passes requests on to this port of the loopback address. */
export function plainProxy(portOf) {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, rawHeaders } = incoming
    const asked = { host: '127.0.0.1', port: portOf(), agent, method, path }
    const sent = request({ ...asked, setHost: false, headers: requestFields(incoming) })
    sent.on('response', (answer) => {
      const { statusCode, statusMessage } = answer
      outgoing.writeHead(statusCode, statusMessage, endToEnd(answer.rawHeaders))
      outgoing.flushHeaders()
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    sent.on('error', () => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    })
    outgoing.on('close', () => sent.destroy())
    if (rawHeaders.length === 0) sent.end()
    else incoming.pipe(sent)
  })
  server.on('close', () => agent.destroy())
  return server
}

function requestFields({ rawHeaders, headers }) {
  const fields = endToEnd(rawHeaders)
  const coding = headers['transfer-encoding']
  return coding === undefined ? fields : [...fields, 'Transfer-Encoding', coding]
}

function endToEnd(rawHeaders) {
  return rawHeaders.filter((_, at) => !hopByHop.has(rawHeaders[at - (at % 2)].toLowerCase()))
}
