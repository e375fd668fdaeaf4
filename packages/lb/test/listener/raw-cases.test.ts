/** What becomes of each of the raw cases, however its bytes come. */
import { describe, expect, test } from 'vitest'
import { openRaw, readerName, startBalancer, startWorker, until } from '../support/balancer.ts'
import { type Behaviour, plain, reported, type TinyWorker } from '../support/tiny-worker.ts'
import { byNode, type RawCase, rawCases } from './raw-cases.ts'

/** Bytes of the longest case that is cut at every byte. */
const maxCutLength = 64

/** Connections that are open at once. */
const atOnce = 16

const behind = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const evil = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n'
const probe = 'GET /probe HTTP/1.1\r\nHost: a\r\n\r\n'

/** Reads the body, as an application does, and answers. */
const reading: Behaviour = async ({ head, body, stream }) => {
  if (/^Expect\n/im.test(head.headers)) stream.respond({ ...plain, status: 100 })
  await body
  stream.respond(plain, Buffer.from('ok'), reported)
}

/** What the application saw of the connection that has this port. */
async function sawFrom(worker: TinyWorker, port: number | undefined): Promise<string[]> {
  const own = worker.requests.filter(({ head }) => head.remotePort === port)
  return Promise.all(
    own.map(async ({ head, body, chunks }) => {
      // A client that broke off in a body has not sent a whole request.
      const isWhole = await Promise.race([body.then(() => true), nextTurn().then(() => false)])
      const text = Buffer.concat(chunks).toString('latin1')
      return `${head.method} ${head.url} ${isWhole ? text : '…'}`.trim()
    }),
  )
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** Sends pieces one after the other; returns what became of them, as {@link RawCase} tells it. */
async function send(
  server: { port: number; worker: TinyWorker },
  pieces: string[],
  outcome: string,
): Promise<Pick<RawCase, 'outcome' | 'saw'>> {
  const { socket, received, closed } = openRaw(server.port)
  await new Promise((resolve) => socket.once('connect', resolve))
  const { localPort } = socket.setNoDelay(true)
  const statuses = () => [...received().matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code)
  const count = outcome.split(' ').length - 1
  for (const piece of pieces) {
    socket.write(piece, 'latin1')
    if (pieces.length > 1) for (let turns = 0; turns < 3; turns++) await nextTurn()
  }
  const isClosed = () => socket.destroyed
  if (outcome.endsWith('closed')) {
    await closed
  } else {
    await until(() => isClosed() || statuses().length >= count, `${outcome} of ${pieces.join('')}`)
    if (!isClosed()) socket.write(probe)
    await until(() => isClosed() || statuses().length > count, `an answer to the next`)
  }
  const saw = await sawFrom(server.worker, localPort)
  if (isClosed()) return { outcome: [...statuses(), 'closed'].join(' '), saw }
  socket.destroy()
  expect(saw.pop()).toBe('GET /probe')
  return { outcome: [...statuses().slice(0, -1), 'open'].join(' '), saw }
}

function* cutsOf(bytes: string): Generator<string[]> {
  for (let at = 1; at < bytes.length; at++) yield [bytes.slice(0, at), bytes.slice(at)]
}

/**
 * The requests that a broken body belongs to reach the application without their end, or not at
 * all.
 */
const whole = (saw: readonly string[]) => saw.filter((text) => !text.endsWith('…'))

describe.each(rawCases)('$what', ({ what, bytes, outcome, saw }) => {
  const isOurs = readerName() === 'ours'
  const expected = { outcome: isOurs ? outcome : (byNode[what] ?? outcome), saw }

  async function check(pieces: string[], before: RawCase['saw'] = []): Promise<void> {
    const { port, worker } = await servers
    const answers = before.map(() => '200 ').join('')
    const result = await send({ port, worker }, pieces, answers + expected.outcome)
    expect(result.outcome).toBe(answers + expected.outcome)
    // What Node's own server had passed on by outcome is not for us to say.
    if (isOurs || byNode[what] === undefined) {
      expect(whole(result.saw)).toEqual([...before, ...saw])
    }
  }
  let servers: Promise<{ port: number; worker: TinyWorker }>
  const start = async () => {
    const worker = await startWorker(reading)
    const { port, server } = await startBalancer([worker])
    // A machine may stand still between an answer and the next request. Node's own server ends some
    // broken requests by this time alone.
    if (!expected.outcome.endsWith('closed')) server.keepAliveTimeout = 0
    return { port, worker }
  }

  test(`is ${expected.outcome}`, async () => {
    servers = start()
    await check([bytes])
    const isClosed = expected.outcome.endsWith('closed')
    // What Node's own server makes of the bytes behind a close, or of bad ones, is not for us to
    // say.
    if (!isOurs && isClosed) return
    if (isClosed) await check([bytes + evil])
    await check([behind + bytes], ['GET /first'])
    if (!isOurs || bytes.length > maxCutLength) return
    const cuts = [...cutsOf(bytes)]
    const work = async () => {
      for (let pieces = cuts.pop(); pieces !== undefined; pieces = cuts.pop()) await check(pieces)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  })
})
