/**
 * Frames of HTTP/2 that were good and are changed by chance. What the worker takes for a whole
 * request must be whole in the frames that were sent.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startWorker, until } from '../../support/balancer.ts'
import {
  changed,
  changeWith,
  cuts,
  fuzz,
  fuzzTimeout,
  piecesOf,
  turns,
} from '../../support/fuzz.ts'
import {
  endHeaders,
  endStream,
  type FrameType,
  frame,
  frameTypes,
  headOf,
  hpack,
  RawH2,
  word,
} from '../../support/raw-h2.ts'
import { askH2, openH2, startSecureBalancer } from '../../support/secure-balancer.ts'
import { type Behaviour, plain, reported, type TinyWorker } from '../../support/tiny-worker.ts'

const runs = 200

const padded = 8
const priority = 32

const post = (path: string, fields: [string, string][] = []) =>
  headOf([[':method', 'POST'], [':path', path], ...fields])

const data = (text: string) => Buffer.from(text, 'latin1')

/** The frames of clients that know what they do. */
const clients: readonly Buffer[][] = [
  [frame('HEADERS', endStream | endHeaders, 1, headOf())],
  [
    frame('HEADERS', endHeaders, 1, post('/a', [['content-length', '11']])),
    frame('DATA', 0, 1, data('hello')),
    frame('DATA', endStream, 1, data(' world')),
  ],
  [
    frame('HEADERS', endHeaders, 1, post('/b')),
    frame('DATA', padded, 1, data('\x03padded\0\0\0')),
    frame('HEADERS', endStream | endHeaders, 1, hpack([['x-sum', '1']])),
  ],
  [
    frame('HEADERS', endStream, 1, headOf([[':path', '/c']])),
    frame('CONTINUATION', 0, 1, hpack([['x-a', '1']])),
    frame(
      'CONTINUATION',
      endHeaders,
      1,
      hpack([
        ['cookie', 'a=b'],
        ['cookie', 'c=d'],
      ]),
    ),
  ],
  [
    frame(
      'HEADERS',
      endHeaders | padded | priority,
      1,
      Buffer.concat([data('\x02\0\0\0\0\x10'), post('/d'), data('\0\0')]),
    ),
    frame('PRIORITY', 0, 3, data('\0\0\0\x01\xff')),
    frame('HEADERS', endStream | endHeaders, 3, headOf([[':path', '/e']])),
    frame('DATA', endStream, 1, data('first')),
  ],
  [
    frame('SETTINGS', 0, 0, Buffer.concat([data('\0\x04'), word(10), data('\0\x01'), word(0)])),
    frame('HEADERS', endHeaders, 1, post('/f', [['expect', '100-continue']])),
    frame('WINDOW_UPDATE', 0, 1, word(1_000)),
    frame('WINDOW_UPDATE', 0, 0, word(1_000)),
    frame('PING', 0, 0, data('12345678')),
    frame('DATA', endStream, 1, data('body')),
  ],
  [
    frame('HEADERS', endHeaders, 1, post('/g')),
    frame('DATA', 0, 1, data('a part')),
    frame('RST_STREAM', 0, 1, word(8)),
    frame('HEADERS', endStream | endHeaders, 3, headOf([[':path', '/h']])),
  ],
  [
    frame(
      'HEADERS',
      endHeaders,
      1,
      headOf([
        [':method', 'CONNECT'],
        [':protocol', 'websocket'],
      ]),
    ),
    frame('DATA', 0, 1, data('\x81\0')),
    frame('GOAWAY', 0, 0, Buffer.concat([word(0), word(0)])),
  ],
]

const types = Object.keys(frameTypes) as FrameType[]

/** Any frame. */
const anyFrame = fc
  .tuple(
    fc.constantFrom(...types),
    fc.oneof(fc.constantFrom(0, 1, 4, 5, 8, 9, 13, 32), fc.nat(255)),
    fc.constantFrom(0, 1, 2, 3, 5, 0x7f_ff_ff_ff),
    fc.oneof(
      fc.constantFrom(headOf(), word(0), word(0x7f_ff_ff_ff), word(0xff_ff_ff_ff), data('')),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
  )
  .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload))

/** Puts in, takes out, repeats or moves a frame. */
const frameChange = fc.oneof(
  fc.tuple(fc.constant('insert' as const), fc.nat(8), anyFrame),
  fc.tuple(
    fc.constantFrom('remove' as const, 'twice' as const, 'flood' as const, 'move' as const),
    fc.nat(8),
    fc.constant(data('')),
  ),
)

function changeFrames(
  frames: readonly Buffer[],
  changes: readonly (readonly ['insert' | 'remove' | 'twice' | 'flood' | 'move', number, Buffer])[],
): Buffer[] {
  const result = [...frames]
  for (const [how, place, added] of changes) {
    const at = place % Math.max(1, result.length)
    const own = result[at] ?? data('')
    if (how === 'insert') result.splice(at, 0, added)
    else if (how === 'remove') result.splice(at, 1)
    else if (how === 'twice') result.splice(at, 0, own)
    else if (how === 'flood') result.splice(at, 0, ...Array.from({ length: 300 }, () => own))
    else result.push(...result.splice(at, 1))
  }
  return result
}

/** Bytes that mean something in the head of a frame, or in a block of fields. */
const pieces = [
  '\0',
  '\x01',
  '\x04',
  '\x05',
  '\x08',
  '\x09',
  '\x20',
  '\x7f',
  '\xff',
  '\x80',
  '\0\0\0\x05\0',
]

const scenario = fc.record({
  text: fc
    .tuple(
      fc.constantFrom(...clients),
      fc.array(frameChange, { maxLength: 3 }),
      fc.array(changeWith(pieces), { maxLength: 2 }),
    )
    .map(([frames, frameChanges, changes]) =>
      changed(Buffer.concat(changeFrames(frames, frameChanges)).toString('latin1'), changes),
    ),
  cuts,
  isReset: fc.boolean(),
})

/** Reads the whole request, and answers. */
const reading: Behaviour = async ({ head, body, stream }) => {
  if (/^Expect\n/im.test(head.headers)) stream.respond({ ...plain, status: 100 })
  await body
  stream.respond(plain, Buffer.from('ok'), reported)
}

/** The bodies that are whole in these bytes, by what the frames say of themselves. */
function wholeBodies(bytes: Buffer): string[] {
  const bodies = new Map<number, string>()
  const wholes: string[] = []
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    const [type, flags] = [bytes[at + 3], bytes[at + 4] as number]
    const stream = bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff
    if (type === frameTypes.DATA || type === frameTypes.HEADERS) {
      const isData = type === frameTypes.DATA
      const isPadded = (flags & padded) !== 0
      const from = at + (isPadded ? 10 : 9)
      const to = isPadded ? end - (bytes[at + 9] ?? 0) : end
      const body = (bodies.get(stream) ?? '') + (isData ? bytes.toString('latin1', from, to) : '')
      bodies.set(stream, body)
      if (flags & endStream && end <= bytes.length) wholes.push(body)
    }
    at = end
  }
  return wholes
}

async function check(
  { text, cuts: places, isReset }: { text: string; cuts: readonly number[]; isReset: boolean },
  port: number,
  worker: TinyWorker,
): Promise<void> {
  const client = await RawH2.open(port)
  // Its acknowledgement must not come between the bytes below.
  await client.next('SETTINGS')
  const { socket } = client
  const { localPort } = socket
  const shown = Buffer.from(text, 'latin1').toString('hex')
  for (const piece of piecesOf(text, places)) {
    socket.write(piece, 'latin1')
    if (places.length > 0) await turns(3)
  }
  const isIdle = async () => {
    const before = client.frames.length
    await turns(30)
    return before === client.frames.length
  }
  await until(async () => client.isClosed || (await isIdle()))
  if (isReset) socket.destroy()
  else socket.end()
  // After a GOAWAY for broken frames, node:http2 does not see that the client leaves.
  const isLeft = () => client.ofType('GOAWAY').length > 0
  await until(
    () => client.isClosed || isLeft(),
    () => `closed after ${shown}`,
  )
  socket.destroy()
  const own = worker.requests.filter(({ head }) => head.remotePort === localPort)
  const wholes = wholeBodies(Buffer.from(text, 'latin1'))
  for (const { body } of own) {
    const whole = await Promise.race([body, turns(1).then(() => undefined)])
    if (whole === undefined) continue
    const at = wholes.indexOf(whole.toString('latin1'))
    expect(at, `${whole.toString('latin1')} of ${shown}`).toBeGreaterThanOrEqual(0)
    wholes.splice(at, 1)
  }
}

describe('frames that were changed by chance', () => {
  test('make no whole request of a part', { timeout: fuzzTimeout }, async () => {
    const worker = await startWorker(reading)
    const { port, balancer, server } = await startSecureBalancer([worker], {
      // The bound of connections that are left like that.
      clientTimeout: 300,
      server: { headersTimeout: 300, keepAliveTimeout: 300 },
    })
    const connections = () =>
      new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
    await fuzz(
      scenario,
      runs,
      (one) => check(one, port, worker),
      async () => {
        const session = await openH2(port)
        expect((await askH2(session)).status).toBe(200)
        session.destroy()
        await until(() => balancer.backlog === 0 && [...balancer.requests].length === 0)
        await until(async () => (await connections()) === 0)
        worker.requests.splice(0)
      },
    )
  })
})
