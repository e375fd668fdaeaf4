/** PROXY protocol headers that were good and are changed by chance, before a good request. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { silentLogger } from '@resumelb/common'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { openRaw, startWorker, until } from '../support/balancer.ts'
import { changed, changeWith, cuts, fuzz, fuzzTimeout, piecesOf, turns } from '../support/fuzz.ts'

const runs = 200

const request = 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const signature = '\r\n\r\n\0\r\nQUIT\n'
const good = 'PROXY TCP4 203.0.113.9 10.0.0.1 50000 80\r\n'

const seeds = [
  good,
  'PROXY TCP6 2001:db8::9 2001:db8::1 50000 80\r\n',
  'PROXY UNKNOWN\r\n',
  // Version 2: a client of IPv4, one of IPv6 with an extension, and the proxy itself.
  `${signature}\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\xc3\x50\0\x50`,
  `${signature}\x21\x21\0\x28${'\x20\x01'.repeat(16)}\xc3\x50\0\x50\x04\0\x01\0`,
  `${signature}\x20\0\0\0`,
]

const pieces = [
  '\r',
  '\n',
  '\0',
  '\r\n',
  ' ',
  ':',
  '.',
  'PROXY ',
  signature,
  '\xff',
  '65536',
  '\x21\x31',
]

const scenario = fc.record({
  text: fc
    .tuple(fc.constantFrom(...seeds), fc.array(changeWith(pieces), { maxLength: 2 }))
    .map(([header, changes]) => `${changed(header, changes)}${request}`),
  cuts,
})

describe('a header of the PROXY protocol that was changed by chance', () => {
  test('names an address, or closes the connection', { timeout: fuzzTimeout }, async () => {
    const worker = await startWorker()
    const balancer = new LoadBalancer({
      ...{ workers: [worker.address], trustedProxies: ['loopback'], log: silentLogger },
      pool: 'classless',
    })
    const server = createServer()
    balancer.attach(server, { proxyProtocol: true })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(async () => {
      balancer.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    await until(() => balancer.workers.every(({ isReady }) => isReady))
    const { port } = server.address() as AddressInfo

    const send = async (text: string, places: readonly number[]) => {
      const { socket, received, closed } = openRaw(port)
      await new Promise((resolve) => socket.once('connect', resolve))
      for (const piece of piecesOf(text, places)) {
        socket.write(piece, 'latin1')
        if (places.length > 0) await turns(3)
      }
      socket.end()
      await closed
      return received()
    }
    await fuzz(
      scenario,
      runs,
      async ({ text, cuts: places }) => {
        expect(await send(text, places), text).toMatch(/^(?:HTTP\/1\.1 (?:200|400|431|501|505) |$)/)
      },
      async () => {
        expect(await send(`${good}${request}`, [])).toMatch(/^HTTP\/1\.1 200 /)
        for (const { head } of worker.requests.splice(0)) {
          expect(isIP(head.remoteAddress), head.remoteAddress).toBeGreaterThan(0)
          expect(head.remotePort).toBeLessThanOrEqual(65_535)
        }
        expect(balancer.backlog).toBe(0)
      },
    )
  })
})
