/** A reverse proxy of the plainest kind: what an application may expect of any server in front of it. */
import { Agent, createServer, request } from 'node:http'
import { connect } from 'node:net'

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
  server.on('upgrade', (incoming, client, head) => passUpgrade(incoming, client, head, portOf()))
  server.on('close', () => agent.destroy())
  return server
}

/** Passes all bytes of a connection on, from the request for an upgrade on. */
function passUpgrade({ method, url, rawHeaders }, client, head, port) {
  const server = connect(port, '127.0.0.1')
  const fields = rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  server.write(`${method} ${url} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1')
  server.write(head)
  client.pipe(server).pipe(client)
  for (const [one, other] of [
    [client, server],
    [server, client],
  ]) {
    one.on('error', () => undefined)
    one.on('close', () => other.destroy())
  }
}

function requestFields({ rawHeaders, headers }) {
  const fields = endToEnd(rawHeaders)
  const coding = headers['transfer-encoding']
  return coding === undefined ? fields : [...fields, 'Transfer-Encoding', coding]
}

function endToEnd(rawHeaders) {
  return rawHeaders.filter((_, at) => !hopByHop.has(rawHeaders[at - (at % 2)].toLowerCase()))
}
