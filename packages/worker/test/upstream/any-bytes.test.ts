/** Whatever bytes a server sends, its request is settled and the worker goes on. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { serve, until } from '../support/setup.ts'
import { rawServer } from './raw-server.ts'

const responses = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  'HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 304 NM\r\nETag: x\r\nContent-Length: 9\r\n\r\n',
  'HTTP/1.0 200 OK\r\nConnection: keep-alive, X-A\r\nX-A: q\r\n\r\nbody',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 N\xc3\xa9\r\nKeep-Alive: timeout=1\r\n\r\n',
]

const pieces = [
  ...['\r', '\n', '\0', ' ', ':', '\xff', '0', '9', '99999999999999999', ',', ';', '\t', 'f'],
  ...['\r\n\r\n', '099', 'chunked', 'HTTP/1.1 101 X\r\n\r\n', 'Content-Length: 5\r\n'],
]

/** A place from 0 to 1, how much is taken out there, and what is put in. */
const change = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(5),
  fc.constantFrom(...pieces),
)

const bytes = fc
  .tuple(fc.constantFrom(...responses), fc.array(change, { maxLength: 3 }))
  .map(([response, changes]) => {
    let text = response
    for (const [place, removed, added] of changes) {
      const at = Math.floor(place * text.length)
      text = text.slice(0, at) + added + text.slice(at + removed)
    }
    return Buffer.from(text, 'latin1')
  })

interface Scenario {
  readonly bytes: Buffer
  /** Where they are cut in two, from 0 to 1. */
  readonly cut: number
  readonly isReset: boolean
  readonly method: string
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  bytes,
  cut: fc.double({ min: 0, max: 1, noNaN: true }),
  isReset: fc.boolean(),
  method: fc.constantFrom('GET', 'HEAD', 'POST'),
})

test('whatever a server sends before it closes, the request is settled', async () => {
  let now: Scenario | undefined
  const server = await rawServer((socket) =>
    socket.on('data', () => {
      if (now === undefined) return
      const { bytes: all, cut, isReset } = now
      const at = Math.floor(cut * all.length)
      socket.write(all.subarray(0, at))
      setImmediate(() => {
        socket.write(all.subarray(at))
        if (isReset) socket.resetAndDestroy()
        else socket.end()
      })
    }),
  )
  const upstream = new Upstream(server.url, { log: silentLogger })
  const { balancer, worker } = await serve(upstream.handle, { concurrency: 1 })
  let end = ''
  void balancer.closed.then((code) => {
    end = code
  })
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      now = given
      const { method } = given
      const body = method === 'POST' ? { body: 'x', headers: ['Transfer-Encoding', 'chunked'] } : {}
      const result = await balancer.fetch({ method, ...body }).then(
        ({ status }) => (status === 500 ? 'a failure of the worker' : 'answered'),
        ({ message }: Error) => message,
      )
      expect(['answered', 'reset: FAILED']).toContain(result)
      expect(end).toBe('')
    }),
    { numRuns: 300 },
  )
  await until(() => worker.backlog === 0)
})
