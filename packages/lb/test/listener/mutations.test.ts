/** Requests that were good, changed by chance and sent in pieces: what Node takes, and what the application sees. */
import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openRaw, startBalancer, startWorker, until } from '../support/balancer.ts'
import { type Behaviour, plain, reported, type TinyWorker } from '../support/tiny-worker.ts'

/** Any other finds as little, so far. */
const seed = 1
const runs = 600

/** Connections that are tried at once. */
const atOnce = 8

const seeds = [
  'GET /a HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /b?c=d HTTP/1.1\r\nHost: a.test:80\r\nAccept: */*\r\nX-A:  b c \r\n\r\n',
  'POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world',
  'PUT /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
  'HEAD /e HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
  'GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n',
  'GET http://b.test/g HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /h HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
  'DELETE /i HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
]

const pieces = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '\xa0',
    '\xff',
    '0',
    '1',
    '5',
    'f',
    '+',
    '-',
  ],
  ...[
    '\r\n\r\n',
    ' \r\n',
    '\r\n ',
    '0\r\n\r\n',
    '99999999999999999999',
    'chunked',
    'GET /x HTTP/1.1\r\n',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Host: b\r\n',
    'HTTP/1.0',
    'HTTP/1.2',
  ],
  ...[
    'Connection: close\r\n',
    'Transfer-Encoding: gzip, chunked\r\n',
    'Content-Length: 05\r\n',
    '//',
    '%',
  ],
]

/** A place from 0 to 1, how many bytes are taken out there, and what is put in. */
const change = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(4),
  fc.oneof(
    fc.constantFrom(...pieces),
    fc.nat(255).map((code) => String.fromCharCode(code)),
    fc.constant(''),
  ),
)

interface Scenario {
  readonly text: string
  /** Where it is cut, from 0 to 1. */
  readonly cuts: readonly number[]
  readonly isReset: boolean
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  text: fc
    .tuple(
      fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 3 }),
      fc.array(change, { maxLength: 3 }),
    )
    .map(([messages, changes]) => {
      let text = messages.join('')
      for (const [place, removed, added] of changes) {
        const at = Math.floor(place * text.length)
        text = text.slice(0, at) + added + text.slice(at + removed)
      }
      return text
    }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  isReset: fc.boolean(),
})

/** What an application has seen of a request: method, target and body, which is whole or not. */
interface Seen {
  readonly text: string
  readonly isWhole: boolean
}

/** What Node's own strict server reads, until it refuses something or has nothing more. */
async function readByNode(text: string): Promise<Seen[]> {
  const seen: { text: string; isWhole: boolean }[] = []
  const server = createServer((request, response) => {
    const one = { text: `${request.method} ${request.url} `, isWhole: false }
    seen.push(one)
    request.on('data', (chunk) => {
      one.text += chunk.toString('latin1')
    })
    request.on('end', () => {
      one.isWhole = true
      response.end()
    })
    request.on('error', () => undefined)
  })
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('clientError', () => undefined)
  const connection = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
  })
  server.emit('connection', connection)
  connection.push(Buffer.from(text, 'latin1'))
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  connection.destroy()
  server.close()
  return seen
}

const reading: Behaviour = async ({ head, body, stream }) => {
  if (/^Expect\n/im.test(head.headers)) stream.respond({ ...plain, status: 100 })
  await body
  stream.respond(plain, Buffer.from('ok'), reported)
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** Absolute targets become paths here. */
const asOrigin = (text: string) => text.replace(/^(\S+) https?:\/\/[^/?#]+/i, '$1 ')

describe('requests that were changed by chance', () => {
  test('are read as by Node, or refused', async () => {
    const worker = await startWorker(reading)
    const { port, balancer } = await startBalancer([worker])
    const scenarios = fc.sample(scenario, { numRuns: runs, seed })
    const work = async () => {
      for (let next = scenarios.pop(); next; next = scenarios.pop()) await check(next, port, worker)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    await until(() => balancer.backlog === 0 && [...balancer.requests].length === 0)
  })
})

async function check({ text, cuts, isReset }: Scenario, port: number, worker: TinyWorker) {
  const { socket, received, closed } = openRaw(port)
  await new Promise((resolve) => socket.once('connect', resolve))
  const { localPort } = socket.setNoDelay(true)
  const places = [...cuts]
    .sort((one, other) => one - other)
    .map((cut) => Math.floor(cut * text.length))
  let from = 0
  for (const place of [...places, text.length]) {
    socket.write(text.slice(from, place), 'latin1')
    from = place
    if (cuts.length > 0) for (let turns = 0; turns < 3; turns++) await nextTurn()
  }
  const isIdle = async () => {
    // Nothing more comes of what was sent, however long that takes.
    const before = received()
    for (let turns = 0; turns < 30; turns++) await nextTurn()
    return before === received()
  }
  await until(async () => socket.destroyed || (await isIdle()), text)
  if (isReset) socket.resetAndDestroy()
  else socket.end()
  await closed
  const own = () => worker.requests.filter(({ head }) => head.remotePort === localPort)
  const seen = await Promise.all(
    own().map(async ({ head, body, chunks }) => {
      const isWhole = await Promise.race([body.then(() => true), nextTurn().then(() => false)])
      return {
        text: `${head.method} ${head.url} ${Buffer.concat(chunks).toString('latin1')}`,
        isWhole,
      }
    }),
  )
  worker.requests.splice(
    0,
    worker.requests.length,
    ...worker.requests.filter((one) => !own().includes(one)),
  )
  const node = await readByNode(text)
  const wholes = seen.filter(({ isWhole }) => isWhole).map((one) => one.text)
  const expected = node.filter(({ isWhole }) => isWhole).map((one) => asOrigin(one.text))
  // As far as it was read; where Node goes on, the client was told that nothing more is read.
  expect(wholes, text).toEqual(expected.slice(0, wholes.length))
  if (wholes.length < expected.length) expect(received(), text).toMatch(/HTTP\/1\.1 [45]\d\d /)
}
