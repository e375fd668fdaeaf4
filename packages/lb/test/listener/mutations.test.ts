/**
 * Requests that were good, changed by chance and sent in pieces: what Node takes, and what the
 * application sees.
 */
import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import { withUpgrade } from '@resumelb/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, openRaw, startBalancer, startWorker, until } from '../support/balancer.ts'
import { changed, changeWith, cuts, fuzz, fuzzTimeout, piecesOf, turns } from '../support/fuzz.ts'
import { type Behaviour, plain, reported, type TinyWorker } from '../support/tiny-worker.ts'

const runs = 600

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
  'POST /j HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n3;a;b="c;d"\r\nabc\r\n00\r\nX-T: 1\r\nX-U:2 \r\n\r\n',
  'GET /k HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'GET /l HTTP/1.1\r\nHost: a\r\nX-Folded: a\r\n b\r\nCookie: c=d; e=f\r\n\r\n',
  'POST /m HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc',
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

interface Scenario {
  readonly text: string
  readonly cuts: readonly number[]
  readonly isReset: boolean
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  text: fc
    .tuple(
      fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 3 }),
      fc.array(changeWith(pieces), { maxLength: 3 }),
    )
    .map(([messages, changes]) => changed(messages.join(''), changes)),
  cuts,
  isReset: fc.boolean(),
})

/** What an application has seen of a request: method, target and body, which is whole or not. */
interface Seen {
  readonly text: string
  readonly isWhole: boolean
}

/** What Node's own strict server reads, until it refuses something or has nothing more. */
async function readByNode(text: string): Promise<{ seen: Seen[]; isAll: boolean }> {
  const seen: { text: string; isWhole: boolean }[] = []
  let isAll = true
  const server = createServer((request, response) => {
    const one = { text: `${request.method} ${request.url} `, isWhole: false }
    if (isAll) seen.push(one)
    // It loses what comes behind an upgrade that has a body and is not granted.
    if (request.headers.upgrade !== undefined) isAll = false
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
  await turns(20)
  connection.destroy()
  server.close()
  return { seen, isAll }
}

const isUpgrade = (block: string) => /^Upgrade\n/im.test(block)

const granted = { status: 101, reason: '', headers: withUpgrade('', 'websocket') }

/** Answers when the request is whole; grants upgrades, and ends them when the client does. */
const reading: Behaviour = async ({ head, body, stream }) => {
  if (isUpgrade(head.headers)) {
    stream.respond(granted)
    await body
    return stream.end()
  }
  if (/^Expect\n/im.test(head.headers)) stream.respond({ ...plain, status: 100 })
  await body
  stream.respond(plain, Buffer.from('ok'), reported)
}

/** Absolute targets become paths here. */
const asOrigin = (text: string) => text.replace(/^(\S+) https?:\/\/[^/?#]+/i, '$1 ')

describe('requests that were changed by chance', () => {
  test('are read as by Node, or refused', { timeout: fuzzTimeout }, async () => {
    const worker = await startWorker(reading)
    worker.says = { upgrades: true }
    const { port, balancer } = await startBalancer([worker])
    await fuzz(
      scenario,
      runs,
      (one) => check(one, port, worker),
      async () => {
        expect((await ask(port)).status).toBe(200)
        worker.requests.splice(0)
        await until(() => balancer.backlog === 0 && [...balancer.requests].length === 0)
      },
    )
  })
})

async function check(one: Scenario, port: number, worker: TinyWorker): Promise<void> {
  const { text } = one
  const { localPort, received } = await send(one, port)
  const { seen, tunnel } = await seenBy(worker, localPort)
  const { seen: node, isAll } = await readByNode(text)
  const wholes = seen.filter(({ isWhole }) => isWhole).map(({ text: whole }) => whole)
  const expected = node.filter(({ isWhole }) => isWhole).map((each) => asOrigin(each.text))
  const compared = isAll ? wholes : wholes.slice(0, expected.length)
  expect(compared, text).toEqual(expected.slice(0, wholes.length))
  if (tunnel !== undefined) {
    // All that comes behind the head of the upgrade is the other protocol's.
    expect(text.endsWith(`\r\n\r\n${tunnel}`), text).toBe(true)
  } else if (wholes.length < expected.length) {
    // Where Node goes on, the client was told that nothing more is read.
    expect(received, text).toMatch(/HTTP\/1\.1 [45]\d\d /)
  }
}

/** Sends the text, and ends when nothing more comes of it. */
async function send({ text, cuts: places, isReset }: Scenario, port: number) {
  const { socket, received, closed } = openRaw(port)
  await new Promise((resolve) => socket.once('connect', resolve))
  const { localPort } = socket.setNoDelay(true)
  for (const piece of piecesOf(text, places)) {
    socket.write(piece, 'latin1')
    if (places.length > 0) await turns(3)
  }
  const isIdle = async () => {
    // Nothing more comes of what was sent, however long that takes.
    const before = received()
    await turns(30)
    return before === received()
  }
  await until(async () => socket.destroyed || (await isIdle()), text)
  if (isReset) socket.resetAndDestroy()
  else socket.end()
  await closed
  return { localPort, received: received() }
}

/** What the worker has seen of a connection, of which it then knows no more. */
async function seenBy(worker: TinyWorker, localPort: number | undefined) {
  const isOwn = ({ head }: { head: { remotePort: number } }) => head.remotePort === localPort
  const own = worker.requests.filter(isOwn)
  const others = worker.requests.filter((each) => !isOwn(each))
  worker.requests.splice(0, worker.requests.length, ...others)
  let tunnel: string | undefined
  const seen: Seen[] = []
  for (const { head, body, chunks } of own) {
    const isWhole = await Promise.race([body.then(() => true), turns(1).then(() => false)])
    const content = Buffer.concat(chunks).toString('latin1')
    const upgrades = isUpgrade(head.headers)
    if (upgrades) tunnel = content
    const text = `${head.method} ${head.url} ${upgrades ? '' : content}`
    seen.push({ text, isWhole: isWhole || upgrades })
  }
  return { seen, tunnel }
}
