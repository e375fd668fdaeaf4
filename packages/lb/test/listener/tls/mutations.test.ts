/** The first bytes of a TLS client, changed by chance. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openRaw, startWorker, until } from '../../support/balancer.ts'
import {
  changed,
  changeWith,
  cuts,
  fuzz,
  fuzzTimeout,
  piecesOf,
  turns,
} from '../../support/fuzz.ts'
import { askH2, openH2, startSecureBalancer } from '../../support/secure-balancer.ts'

const runs = 150

const pieces = [
  '\0',
  '\xff',
  '\x16\x03\x01',
  '\x15\x03\x03\0\x02\x02\x28',
  'GET / HTTP/1.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

/** What a client of TLS sends first. */
async function clientHello(): Promise<string> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({
    socket: connectTcp(port, '127.0.0.1'),
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  client.on('error', () => undefined)
  const [socket] = await once(server, 'connection')
  const [bytes] = await once(socket, 'data')
  client.destroy()
  socket.destroy()
  server.close()
  return bytes.toString('latin1')
}

describe('a handshake that was changed by chance', () => {
  test('ends its connection, and nothing else', { timeout: fuzzTimeout }, async () => {
    const worker = await startWorker()
    const { port, balancer, server } = await startSecureBalancer([worker])
    const hello = await clientHello()
    const scenario = fc.record({
      text: fc
        .array(changeWith(pieces), { minLength: 1, maxLength: 3 })
        .map((changes) => changed(hello, changes)),
      cuts,
    })
    const connections = () =>
      new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
    await fuzz(
      scenario,
      runs,
      async ({ text, cuts: places }) => {
        const { socket, closed } = openRaw(port)
        await new Promise((resolve) => socket.once('connect', resolve))
        for (const piece of piecesOf(text, places)) {
          socket.write(piece, 'latin1')
          if (places.length > 0) await turns(3)
        }
        socket.end()
        await closed
      },
      async () => {
        const session = await openH2(port)
        expect((await askH2(session)).status).toBe(200)
        session.destroy()
        await until(async () => (await connections()) === 0)
        expect(worker.requests.splice(0)).toHaveLength(1)
        expect(balancer.backlog).toBe(0)
      },
    )
  })
})
