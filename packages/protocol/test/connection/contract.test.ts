import { createHash } from 'node:crypto'
import { ManualClock } from '@resumelb/common/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { HeadTooLongError } from '../../src/errors.ts'
import { maxHeadLength } from '../../src/frame.ts'
import { plainEnd, type ResponseHead, type StreamEnd } from '../../src/message.ts'
import type { Skill } from '../../src/resume.ts'
import type { Stream } from '../../src/stream.ts'
import {
  type EndSettings,
  type Ends,
  gone,
  openEnds,
  transports,
  turns,
  until,
} from '../support/ends.ts'
import { Recorder } from '../support/recorder.ts'
import {
  balancerIdentity,
  longResume,
  report,
  requestHead,
  responseHead,
  skill,
  workerHello,
  workerIdentity,
} from '../support/samples.ts'

const window = 64 * 1024
const nothing = undefined

/** Consumes as soon as something comes, and sums it up. */
class Reader extends Recorder {
  stream: Stream | undefined
  readonly #hash = createHash('sha256')
  length = 0

  override onResponse(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined) {
    if (body) this.onData(body)
    super.onResponse(head, nothing, end)
  }

  override onData(chunk: Buffer): void {
    this.length += chunk.length
    this.#hash.update(chunk)
    this.stream?.consumed(chunk.length)
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}

/** Bytes that are the same nowhere else in a window. */
const bytes: Buffer = Buffer.from(
  Uint32Array.from({ length: 7500 }, (_, i) => i * 2_654_435_761).buffer,
)

/** Writes `length` bytes as fast as the stream takes them, then ends it. */
class Writer extends Recorder {
  readonly stream: Stream
  left: number
  readonly hash = createHash('sha256')

  constructor(stream: Stream, length: number) {
    super()
    this.stream = stream
    this.left = length
  }

  override onDrain(): void {
    while (this.left > 0 && this.stream.isWritable) {
      const chunk = bytes.subarray(0, Math.min(bytes.length, this.left))
      this.left -= chunk.length
      this.hash.update(chunk)
      if (!this.stream.write(chunk)) return
    }
    this.stream.end()
  }
}

describe.each(Object.entries(transports))('Connection over %s', (_name, transport) => {
  let ends: Ends

  const open = async (balancer: EndSettings = {}, worker: EndSettings = {}) => {
    ends = await openEnds(transport, balancer, worker)
    return ends
  }

  const isQuiet = () =>
    ends.balancer.connection.openStreams === 0 && ends.worker.connection.openStreams === 0

  afterEach(async () => {
    ends.balancer.connection.destroy()
    ends.worker.connection.destroy()
    await until(() => ends.balancer.socket.destroyed && ends.worker.socket.destroyed)
  })

  const request = (heard: Recorder, body?: Buffer, isWhole = true) =>
    ends.balancer.connection.request(requestHead, body, isWhole, heard)

  test('tells each end who the other is', async () => {
    const { balancer, worker } = await open({ options: { window: 2048, maxStreams: 3 } })
    expect(worker.connection.peer).toEqual({
      ...balancerIdentity,
      limits: { window: 2048, maxStreams: 3 },
    })
    expect(balancer.heard.hellos).toEqual([balancer.connection.peer])
    expect(balancer.connection.peer?.worker).toEqual(workerHello)
    expect(balancer.connection.isReady).toBe(true)
    expect(worker.connection.isReady).toBe(false)
  })

  test('carries a whole request and its whole answer', async () => {
    const { worker } = await open()
    worker.heard.answer = (stream) => {
      stream.respond(responseHead, Buffer.from('answer'), { trailers: 'T\n1', report })
    }
    const heard = new Recorder()
    request(heard, Buffer.from('question'))
    await until(isQuiet)
    expect(heard.calls).toEqual(['200 answer end T\n1 after 0.25 s'])
    const [got] = worker.heard.requests
    expect(got).toMatchObject({ head: requestHead, body: 'question', isWhole: true })
    expect(got?.heard.calls).toEqual([])
  })

  test('says of a request whether the worker may give it back', async () => {
    const { balancer, worker } = await open()
    for (const isMovable of [true, false]) {
      balancer.connection.request({ ...requestHead, isMovable }, nothing, true, new Recorder())
    }
    await until(() => worker.heard.requests.length === 2)
    const [movable, other] = worker.heard.requests
    expect(movable?.head).toEqual({ ...requestHead, isMovable: true })
    expect(other?.head).toEqual(requestHead)
  })

  test.each(['REFUSED', 'BLOCKED', 'SELF_BLOCKED'] as const)(
    'says that a request comes back: %s',
    async (code) => {
      const { worker } = await open()
      worker.heard.answer = (stream) => stream.reset(code)
      const heard = new Recorder()
      request(heard)
      await until(isQuiet)
      expect(heard.calls).toEqual([`reset ${code}`])
    },
  )

  test('is quiet when the last stream has ended and the kernel has taken all, and not before', async () => {
    const { balancer, worker } = await open()
    const told: string[] = []
    const heard = new Recorder()
    request(heard)
    request(heard)
    await until(() => worker.heard.requests.length === 2)
    balancer.connection.quiet().then(() => told.push('balancer'))
    worker.connection.quiet().then(() => {
      told.push(`worker, ${worker.connection.unsentLength} unsent`)
    })
    const [first, second] = worker.heard.requests
    first?.stream.respond(responseHead, Buffer.from('answer'), { trailers: '', report })
    await until(() => heard.calls.length === 1)
    await turns()
    expect(told).toEqual([])
    second?.stream.respond(responseHead, Buffer.from('answer'), { trailers: '', report })
    await until(() => told.length === 2)
    expect(told.sort()).toEqual(['balancer', 'worker, 0 unsent'])
  })

  test('is quiet when it is over, whatever was in progress', async () => {
    const { balancer, worker } = await open()
    request(new Recorder())
    await until(() => worker.heard.requests.length === 1)
    const both = Promise.all([balancer.connection.quiet(), worker.connection.quiet()])
    balancer.connection.close()
    await both
    expect([balancer.connection.isOver, worker.connection.isOver]).toEqual([true, true])
  })

  test('carries interim heads, bodies piece by piece both ways, and trailers both ways', async () => {
    const { worker } = await open()
    const heard = new Recorder()
    const stream = request(heard, Buffer.from('a'), false)
    await until(() => worker.heard.requests.length === 1)
    const [got] = worker.heard.requests
    got?.stream.respond({ ...responseHead, status: 100 })
    await until(() => heard.calls.length === 1)
    stream.write(Buffer.from('b'))
    stream.end({ trailers: 'Up\n1' })
    await until(() => got?.heard.calls.length === 2)
    got?.stream.respond(responseHead)
    got?.stream.write(Buffer.from('c'))
    got?.stream.end({ trailers: 'Down\n1', report })
    await until(isQuiet)
    expect(got?.heard.calls).toEqual(['b', 'end Up\n1'])
    expect(heard.calls).toEqual(['100', '200', 'c', 'end Down\n1 after 0.25 s'])
  })

  test.each([
    ['up', 5_000_000],
    ['down', 5_000_000],
    ['up', window + 1],
    ['down', 1],
  ])('carries a long body %s whole, byte by byte (%d bytes)', async (direction, length) => {
    const { worker } = await open()
    const reader = new Reader()
    let writer: Writer | undefined
    if (direction === 'up') {
      worker.heard.listen = (stream) => {
        reader.stream = stream
        stream.respond(responseHead, nothing, plainEnd)
        return reader
      }
      writer = new Writer(request(new Recorder(), nothing, false), length)
      writer.stream.handle(writer)
      writer.onDrain()
    } else {
      worker.heard.listen = (stream) => {
        stream.respond(responseHead)
        writer = new Writer(stream, length)
        writer.onDrain()
        return writer
      }
      reader.stream = request(reader)
    }
    await until(isQuiet)
    expect(reader.length).toBe(length)
    expect(reader.digest()).toBe(writer?.hash.digest('hex'))
  })

  test('holds a scheduler back at one window while the reader does not read', async () => {
    const { worker } = await open()
    let writer: Writer | undefined
    worker.heard.listen = (stream) => {
      stream.respond(responseHead)
      writer = new Writer(stream, 10_000_000)
      writer.onDrain()
      return writer
    }
    const heard = new Recorder()
    let held = 0
    heard.onData = (chunk) => {
      held += chunk.length
    }
    const stream = request(heard)
    await until(() => held === window)
    await turns()
    expect(held).toBe(window)
    expect(writer?.stream.queuedBytes).toBeLessThanOrEqual(30_000)
    expect(writer?.left).toBeGreaterThan(9_800_000)
    stream.consumed(window / 2)
    await until(() => held === 1.5 * window)
    await turns()
    expect(held).toBe(1.5 * window)
  })

  test('goes on with others beside a stream whose reader does not read', async () => {
    const { worker } = await open()
    worker.heard.answer = (stream, head) => {
      if (head.url === '/small') return stream.respond(responseHead, Buffer.from('x'), plainEnd)
      stream.respond(responseHead, Buffer.alloc(1_000_000), plainEnd)
    }
    request(new Recorder())
    const small = { ...requestHead, url: '/small' }
    for (let i = 0; i < 200; i++) {
      const heard = new Recorder()
      ends.balancer.connection.request(small, nothing, true, heard)
      await until(() => heard.calls.length > 0)
      expect(heard.calls).toEqual(['200 x end'])
    }
    expect(ends.balancer.connection.openStreams).toBe(1)
  })

  test('lets small answers pass while a big body runs, however big', async () => {
    const { worker } = await open()
    worker.heard.listen = (stream, heard) => {
      if (worker.heard.requests.at(-1)?.head.url === '/small') {
        stream.respond(responseHead, Buffer.from('x'), plainEnd)
        return heard
      }
      stream.respond(responseHead)
      const writer = new Writer(stream, Number.POSITIVE_INFINITY)
      writer.onDrain()
      return writer
    }
    const big = new Reader()
    big.stream = request(big)
    await until(() => big.length > 1_000_000)
    const small = { ...requestHead, url: '/small' }
    for (let i = 0; i < 20; i++) {
      const heard = new Recorder()
      const before = big.length
      ends.balancer.connection.request(small, nothing, true, heard)
      await until(() => heard.calls.length > 0)
      // What was under way already, a few turns of 256 KB; not the rest of the body.
      expect(big.length - before).toBeLessThan(16_000_000)
    }
    big.stream.reset('CANCELLED')
    await until(isQuiet)
  })

  test('shares the road among bodies of the same kind', async () => {
    const { worker } = await open()
    worker.heard.listen = (stream) => {
      stream.respond(responseHead)
      const writer = new Writer(stream, Number.POSITIVE_INFINITY)
      writer.onDrain()
      return writer
    }
    const readers = Array.from({ length: 8 }, () => {
      const reader = new Reader()
      reader.stream = request(reader)
      return reader
    })
    await until(() => readers.every(({ length }) => length > 1_000_000))
    const lengths = readers.map(({ length }) => length)
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeLessThan(1.5)
    for (const { stream } of readers) stream?.reset('CANCELLED')
    await until(isQuiet)
  })

  test('carries 10,000 streams at once', async () => {
    const count = 10_000
    const { worker } = await open()
    const heard = Array.from({ length: count }, () => new Recorder())
    heard.forEach((each, i) => {
      const head = { ...requestHead, url: `/${i}` }
      ends.balancer.connection.request(head, Buffer.from(`question ${i}`), true, each)
    })
    expect(ends.balancer.connection.openStreams).toBe(count)
    await until(() => worker.heard.requests.length === count)
    expect(worker.connection.openStreams).toBe(count)
    for (const { stream, head, body } of worker.heard.requests.reverse()) {
      stream.respond(responseHead, Buffer.from(`${head.url} ${body}`), plainEnd)
    }
    await until(isQuiet)
    expect(heard.every(({ calls }, i) => calls.join() === `200 /${i} question ${i} end`)).toBe(true)
  })

  test('passes over two full roads: neither side waits for the other without end', async () => {
    const { worker } = await open()
    const headers = `A\n${'x'.repeat(8000)}`
    const body = Buffer.alloc(8000, 'x')
    worker.heard.answer = (stream) => stream.respond({ ...responseHead, headers }, body, plainEnd)
    const heard = Array.from({ length: 2000 }, () => new Recorder())
    // Some 32 MB each way, far more than the sockets hold, all of it in a single turn.
    for (const each of heard) {
      ends.balancer.connection.request({ ...requestHead, headers }, body, true, each)
    }
    await until(isQuiet)
    expect(heard.every(({ calls }) => calls.some((call) => call.endsWith('end')))).toBe(true)
    expect([ends.balancer.heard.closes, worker.heard.closes]).toEqual([[], []])
  })

  test('is ready as long as the worker allows one more stream', async () => {
    await open({}, { options: { maxStreams: 2 } })
    const streams = [request(new Recorder()), request(new Recorder())]
    expect(ends.balancer.connection.isReady).toBe(false)
    expect(() => request(new Recorder())).toThrow('not ready')
    streams[0]?.reset('CANCELLED')
    expect(ends.balancer.connection.isReady).toBe(false)
    await until(() => ends.balancer.connection.isReady)
    await turns()
    expect(ends.worker.heard.closes).toEqual([])
  })

  test.each([
    ['the balancer', 'balancer'],
    ['the worker', 'worker'],
    ['each of them, at once,', 'both'],
  ])('ends a stream on both sides when %s resets it', async (_rule, who) => {
    const { worker } = await open()
    const heard = new Recorder()
    const stream = request(heard, Buffer.from('x'), false)
    await until(() => worker.heard.requests.length === 1)
    const got = worker.heard.requests[0]!
    if (who !== 'worker') stream.reset('CANCELLED')
    if (who !== 'balancer') got.stream.reset('FAILED')
    await until(isQuiet)
    await turns()
    expect(heard.calls).toEqual(who === 'worker' ? ['reset FAILED'] : [])
    expect(got.heard.calls).toEqual(who === 'balancer' ? ['reset CANCELLED'] : [])
    expect([ends.balancer.heard.closes, worker.heard.closes]).toEqual([[], []])
  })

  test('ignores resets and credit that cross the end of their stream', async () => {
    const { worker } = await open()
    worker.heard.answer = (stream) => stream.respond(responseHead, Buffer.alloc(40_000), plainEnd)
    for (let i = 0; i < 50; i++) {
      const reader = new Reader()
      reader.stream = request(reader)
      await turns(i % 5)
      reader.stream.reset('CANCELLED')
    }
    await until(isQuiet)
    await turns()
    expect([ends.balancer.heard.closes, worker.heard.closes]).toEqual([[], []])
  })

  test('keeps a response valid whose worker wants no more of the upload', async () => {
    const { worker } = await open()
    worker.heard.answer = (stream) => {
      stream.respond({ ...responseHead, status: 413 }, nothing, plainEnd)
      stream.reset('CANCELLED')
    }
    const heard = new Recorder()
    const stream = request(heard, Buffer.alloc(1000), false)
    stream.write(Buffer.alloc(1_000_000))
    await until(isQuiet)
    expect(heard.calls).toEqual(['413 end', 'reset CANCELLED'])
    expect(stream.queuedBytes).toBe(0)
  })

  test('lets the writer of a chunk change it once it was taken', async () => {
    const { worker } = await open()
    worker.heard.listen = (stream, heard) => {
      const chunk = Buffer.alloc(10_000)
      stream.respond(responseHead)
      for (let i = 0; i < 5; i++) {
        chunk.fill(`${i}`)
        expect(stream.write(chunk)).toBe(true)
      }
      stream.end()
      return heard
    }
    const heard = new Recorder()
    request(heard)
    await until(isQuiet)
    expect(heard.calls.slice(1)).toEqual([
      ...['0', '1', '2', '3', '4'].map((digit) => digit.repeat(10_000)),
      'end',
    ])
  })

  test('carries the longest head, and refuses a longer one without any harm', async () => {
    const { worker } = await open()
    worker.heard.answer = (stream) => stream.respond(responseHead, nothing, plainEnd)
    const long = (length: number) => ({ ...requestHead, headers: `A\n${'x'.repeat(length)}` })
    const heard = new Recorder()
    const body = Buffer.alloc(16_384)
    const most = maxHeadLength - 200
    ends.balancer.connection.request(long(most), body, true, heard)
    const tooLong = () => ends.balancer.connection.request(long(maxHeadLength), body, true, heard)
    expect(tooLong).toThrow(HeadTooLongError)
    const longClass = { ...requestHead, requestClass: 'x'.repeat(257) }
    expect(() => ends.balancer.connection.request(longClass, nothing, true, heard)).toThrow(
      'at most 256',
    )
    await until(isQuiet)
    expect(heard.calls).toEqual(['200 end'])
    expect(worker.heard.requests[0]?.head.headers.length).toBe(most + 2)
  })

  test('tells the résumé and the load', async () => {
    const { balancer, worker } = await open()
    const changes = new Map([
      ['a.example', null],
      ['b.example', skill],
    ])
    const load = { ...workerHello.load, state: 'draining' } as const
    worker.connection.sendResume(changes, false)
    worker.connection.sendResume(new Map([['c.example', skill]]), true)
    worker.connection.sendLoad(load)
    await until(() => balancer.heard.resumes.length > 0 && balancer.heard.loads.length > 0)
    expect(balancer.heard.resumes).toEqual([
      { changes: new Map([['c.example', skill]]), isWhole: true },
    ])
    expect(balancer.heard.loads).toEqual([load])
  })

  test('tells what the worker is warm for', async () => {
    const { balancer, worker } = await open()
    const all = Array.from({ length: 10_000 }, (_, i) => 2 ** 47 + i)
    worker.connection.sendWarmth({ whole: true, warm: all, gone: [] })
    worker.connection.sendWarmth({ warm: [7], gone: [2 ** 47] })
    const { warmths } = balancer.heard
    await until(() => warmths.length === 3)
    expect(warmths.map(({ whole }) => whole)).toEqual([true, undefined, undefined])
    expect(warmths.flatMap(({ warm }) => warm)).toEqual([...all, 7])
    expect(warmths.flatMap(({ gone }) => gone)).toEqual([2 ** 47])
  })

  test.each(['balancer', 'monitor'] as const)(
    'tells a %s a résumé that is longer than any frame, piece by piece',
    async (role) => {
      const resume = longResume(8_000)
      const { balancer } = await open(
        { identity: { ...balancerIdentity, role } },
        { identity: { ...workerIdentity, worker: { ...workerHello, resume } } },
      )
      const hello = balancer.heard.hellos[0]
      const all = new Map<string, Skill | null>(hello?.worker?.resume)
      const wanted = all.size + (hello?.moreSkills ?? 0)
      expect(all.size).toBe(1_000)
      const told = () => balancer.heard.resumes.reduce((sum, { changes }) => sum + changes.size, 0)
      await until(() => all.size + told() === wanted)
      for (const { changes } of balancer.heard.resumes) {
        for (const [requestClass, each] of changes) all.set(requestClass, each)
      }
      expect(all.size).toBe(8_000)
      expect(Math.max(...balancer.heard.resumes.map(({ changes }) => changes.size))).toBe(1_000)
      expect(balancer.heard.resumes.some(({ isWhole }) => isWhole)).toBe(false)
      expect([...all.keys()]).toEqual([...resume.keys()])
    },
  )

  test.each(['balancer', 'worker'] as const)('closes when the %s says so', async (who) => {
    const { balancer, worker } = await open()
    const heard = new Recorder()
    request(heard)
    await until(() => worker.heard.requests.length === 1)
    ends[who].connection.close()
    ends[who].connection.close()
    await until(() => balancer.socket.destroyed && worker.socket.destroyed)
    for (const end of [balancer, worker]) {
      expect(end.heard.closes.map(({ code }) => code)).toEqual(['CLOSED'])
      expect(end.connection.isOver).toBe(true)
      expect(end.connection.openStreams).toBe(0)
    }
    expect(heard.calls).toEqual(['reset DISCONNECTED'])
    expect(worker.heard.requests[0]?.heard.calls).toEqual(['reset DISCONNECTED'])
  })

  test('delivers everything that was sent before it is closed', async () => {
    const { worker } = await open()
    worker.heard.answer = (stream) => {
      stream.respond(responseHead, Buffer.alloc(16_000, 'x'), plainEnd)
    }
    const heard = Array.from({ length: 300 }, () => new Recorder())
    for (const each of heard) request(each)
    await until(() => worker.heard.requests.length === 300 && worker.connection.openStreams === 0)
    worker.connection.close()
    await until(() => ends.balancer.heard.closes.length > 0)
    expect(heard.every(({ calls }) => calls.at(-1)?.endsWith('end'))).toBe(true)
  })

  test('tells every stream once when it breaks, and then its owner', async () => {
    const { balancer, worker } = await open()
    const order: string[] = []
    const heard = Array.from({ length: 20 }, (_, i) => {
      const each = new Recorder()
      each.onReset = (code) => order.push(`${i} ${code}`)
      return each
    })
    for (const each of heard) request(each, Buffer.from('x'), false)
    balancer.heard.onClose = ({ code }) => order.push(code)
    await until(() => worker.heard.requests.length === 20)
    worker.socket.destroy()
    await until(() => order.includes('DISCONNECTED'))
    await turns()
    expect(order).toEqual([...heard.map((_, i) => `${i} DISCONNECTED`), 'DISCONNECTED'])
    for (const { heard: each } of worker.heard.requests) {
      expect(each.calls).toEqual(['reset DISCONNECTED'])
    }
    expect(worker.heard.closes.map(({ code }) => code)).toEqual(['DISCONNECTED'])
  })

  test('does nothing any more when it is over', async () => {
    const { balancer, worker } = await open()
    const heard = new Recorder()
    const stream = request(heard, Buffer.from('x'), false)
    await until(() => worker.heard.requests.length === 1)
    const got = worker.heard.requests[0]!
    balancer.connection.destroy()
    await until(() => worker.heard.closes.length === 1)
    for (const each of [stream, got.stream]) {
      each.write(Buffer.from('x'))
      each.end()
      each.reset('FAILED')
      each.consumed(1)
    }
    got.stream.respond(responseHead, Buffer.from('x'), plainEnd)
    worker.connection.sendLoad(workerHello.load)
    worker.connection.sendResume(workerHello.resume, true)
    worker.connection.close()
    balancer.connection.close()
    expect(() => request(new Recorder())).toThrow('not ready')
    await turns()
    expect(heard.calls).toEqual(['reset DISCONNECTED'])
    expect(balancer.heard.closes).toHaveLength(1)
    expect(worker.heard.closes).toHaveLength(1)
  })

  test('asks a peer that is silent, hears it, and gives it up when it hears nothing', async () => {
    const clock = new ManualClock()
    const options = { pingAfter: 100, silenceTimeout: 300 }
    const { balancer, worker } = await open({ clock, options })
    for (let i = 0; i < 10; i++) {
      await clock.advance(100)
      await turns()
    }
    expect(balancer.heard.closes).toEqual([])
    worker.socket.pause()
    await clock.advance(300)
    expect(balancer.heard.closes.map(({ code }) => code)).toEqual(['SILENCE_TIMEOUT'])
    worker.socket.resume()
    await until(() => worker.heard.closes.length > 0)
    expect(worker.heard.closes.map(({ code }) => code)).toEqual(['SILENCE_TIMEOUT'])
    await gone(balancer.socket)
    expect(clock.pending).toBe(0)
  })
})
