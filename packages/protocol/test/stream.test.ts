import { beforeEach, describe, expect, test } from 'vitest'
import { HeadTooLongError, ProtocolError } from '../src/errors.ts'
import { maxHeadLength } from '../src/frame.ts'
import { FrameScheduler } from '../src/frame-scheduler.ts'
import { plainEnd } from '../src/message.ts'
import { Stream } from '../src/stream.ts'
import type { StreamWindows } from '../src/stream-owner.ts'
import { FakeSocket, turn } from './support/fake-socket.ts'
import { Recorder } from './support/recorder.ts'
import { report, responseHead } from './support/samples.ts'

const early = { ...responseHead, status: 103 }
const badStream = expect.objectContaining({ code: 'BAD_STREAM' })
const exceeded = expect.objectContaining({ code: 'WINDOW_EXCEEDED' })

describe('Stream', () => {
  let socket: FakeSocket
  let scheduler: FrameScheduler
  let forgotten: Stream[]
  /** Bytes that wait, as their owner is told. */
  let queued: number
  let heard: Recorder

  beforeEach(() => {
    socket = new FakeSocket()
    forgotten = []
    queued = 0
    heard = new Recorder()
    scheduler = new FrameScheduler(socket, false, {
      onTurn: () => undefined,
      onMistake: (error) => {
        throw error
      },
    })
  })

  const open = (end: 'balancer' | 'worker', windows: Partial<StreamWindows> = {}) => {
    const owner = {
      scheduler,
      forget: (stream: Stream) => forgotten.push(stream),
      onQueued: (bytes: number) => {
        queued += bytes
      },
    }
    const stream = new Stream(7, heard, owner, { send: 40_000, receive: 40_000, ...windows })
    if (end === 'balancer') stream.sentRequest(0, false)
    else stream.receiveRequest(0, false)
    return stream
  }

  const frames = async () => {
    await turn()
    await turn()
    return socket.takeFrames()
  }

  test('reports to its owner how many bytes wait, until they were sent or dropped', async () => {
    const stream = open('worker', { send: 20_000 })
    stream.respond(responseHead)
    stream.write(Buffer.alloc(50_000))
    expect(queued).toBe(50_000)
    await frames()
    expect(queued).toBe(30_000)
    stream.receiveCredit(10_000)
    await frames()
    expect(queued).toBe(20_000)
    stream.reset('CANCELLED')
    expect(queued).toBe(0)
  })

  describe('that a worker answers', () => {
    test('leaves as one frame if it is short', async () => {
      const stream = open('worker')
      stream.respond(responseHead, Buffer.from('body'), { trailers: 'A\nb', report })
      expect(await frames()).toEqual([
        {
          type: 'RESPONSE',
          stream: 7,
          response: responseHead,
          end: { trailers: 'A\nb', report },
          body: 'body',
        },
      ])
    })

    test('leaves a body behind its head that is longer than a frame', async () => {
      const stream = open('worker')
      stream.respond(responseHead, Buffer.alloc(20_000, 'x'), plainEnd)
      const all = await frames()
      expect(all.map(({ type, end, body }) => [type, end, body?.length])).toEqual([
        ['RESPONSE', undefined, undefined],
        ['DATA', undefined, 16_384],
        ['DATA', true, 20_000 - 16_384],
      ])
    })

    test('leaves a body behind its head that is longer than the credit, and its end when all has left', async () => {
      const stream = open('worker', { send: 100 })
      stream.respond(responseHead, Buffer.alloc(150, 'x'), { trailers: '', report })
      expect((await frames()).map(({ type, body }) => [type, body?.length])).toEqual([
        ['RESPONSE', undefined],
        ['DATA', 100],
      ])
      stream.receiveCredit(60)
      expect(await frames()).toEqual([
        { type: 'DATA', stream: 7, body: 'x'.repeat(50) },
        { type: 'END', stream: 7, end: { trailers: '', report } },
      ])
    })

    test('lets a body wait for its turn when much is unsent', async () => {
      const stream = open('worker')
      scheduler.enqueue({ takeTurn: () => undefined })
      socket.writableLength = 2 * 1024 * 1024
      stream.respond(responseHead, Buffer.from('body'), plainEnd)
      expect((await frames()).map(({ type, end }) => [type, end])).toEqual([
        ['RESPONSE', undefined],
        ['DATA', true],
      ])
    })

    test('may have interim heads before the real one', async () => {
      const stream = open('worker')
      stream.respond(early)
      stream.respond({ ...early, status: 100 })
      stream.respond({ ...responseHead, status: 101 })
      expect((await frames()).map(({ response }) => response?.status)).toEqual([103, 100, 101])
    })

    test('drops interim heads above the limit, so that they need not be buffered', async () => {
      const stream = open('worker')
      for (let i = 0; i < 20; i++) stream.respond({ ...early, headers: `A\n${'x'.repeat(50_000)}` })
      stream.respond(responseHead)
      const all = await frames()
      expect(all).toHaveLength(Math.floor(maxHeadLength / 50_000) + 1)
      expect(all.at(-1)?.response).toEqual(responseHead)
    })

    test.each([
      ['a second head', (stream: Stream) => stream.respond(responseHead)],
      ['an interim head after the real one', (stream: Stream) => stream.respond(early)],
    ])('refuses %s, which is a mistake in the program', (_rule, act) => {
      const stream = open('worker')
      stream.respond(responseHead)
      expect(() => act(stream)).toThrow(/head/)
    })

    test.each([
      ['a body before its head', (stream: Stream) => stream.write(Buffer.from('x'))],
      ['an end before its head', (stream: Stream) => stream.end()],
      ['a body in an interim head', (stream: Stream) => stream.respond(early, Buffer.from('x'))],
      ['an end in an interim head', (stream: Stream) => stream.respond(early, undefined, plainEnd)],
    ])('refuses %s, which is a mistake in the program', async (_rule, act) => {
      const stream = open('worker')
      expect(() => act(stream)).toThrow(/response/)
      expect(await frames()).toEqual([])
    })

    test('sends nothing of a head that is too long: another may be tried', async () => {
      const stream = open('worker')
      const long = { ...responseHead, headers: `A\n${'x'.repeat(maxHeadLength)}` }
      const trailers = `A\n${'x'.repeat(maxHeadLength)}`
      expect(() => stream.respond(long, Buffer.from('x'), plainEnd)).toThrow(HeadTooLongError)
      expect(() => stream.respond(responseHead, undefined, { trailers })).toThrow(HeadTooLongError)
      expect(() => stream.respond({ ...long, status: 103 })).toThrow(HeadTooLongError)
      expect(await frames()).toEqual([])
      stream.respond(responseHead)
      expect(() => stream.end({ trailers })).toThrow(HeadTooLongError)
      stream.end()
      expect((await frames()).map(({ type }) => type)).toEqual(['RESPONSE', 'END'])
    })
  })

  describe('that sends a body', () => {
    test('passes pieces on at once, and its own end', async () => {
      const stream = open('balancer')
      expect(stream.write(Buffer.from('one'))).toBe(true)
      expect(stream.write(Buffer.from('two'))).toBe(true)
      stream.end()
      expect(await frames()).toEqual([
        { type: 'DATA', stream: 7, body: 'one' },
        { type: 'DATA', stream: 7, body: 'two' },
        { type: 'END', stream: 7, end: { trailers: '' } },
      ])
    })

    test('never sends more than it has credit for', async () => {
      const stream = open('balancer', { send: 10 })
      expect(stream.write(Buffer.from('0123456789'))).toBe(true)
      expect(stream.write(Buffer.from('abc'))).toBe(false)
      expect(stream.queuedBytes).toBe(3)
      await frames()
      stream.receiveCredit(2)
      expect(await frames()).toEqual([{ type: 'DATA', stream: 7, body: 'ab' }])
      expect(stream.queuedBytes).toBe(1)
      expect(heard.calls).toEqual([])
      stream.receiveCredit(5)
      expect(await frames()).toEqual([{ type: 'DATA', stream: 7, body: 'c' }])
      expect(heard.calls).toEqual(['drain'])
    })

    test('makes one frame of many pieces that had to wait', async () => {
      const stream = open('balancer', { send: 10 })
      stream.write(Buffer.alloc(10))
      await frames()
      for (const letter of 'abcdefgh') stream.write(Buffer.from(letter))
      stream.end()
      stream.receiveCredit(10)
      expect(await frames()).toEqual([{ type: 'DATA', stream: 7, end: true, body: 'abcdefgh' }])
    })

    test('waits behind those in line', async () => {
      const stream = open('balancer')
      const order: string[] = []
      scheduler.enqueue({ takeTurn: () => order.push('other') })
      expect(stream.write(Buffer.from('x'))).toBe(false)
      heard.onDrain = () => order.push('drain')
      await frames()
      expect(order).toEqual(['other', 'drain'])
    })

    test('may write, end or reset in onDrain', async () => {
      const stream = open('balancer', { send: 1000 })
      let left = 5
      heard.onDrain = () => {
        left--
        if (left > 0) stream.write(Buffer.alloc(16_385, `${left}`))
        else stream.end()
      }
      stream.write(Buffer.alloc(16_385, '5'))
      for (let i = 0; i < 100; i++) {
        const sent = (await frames()).reduce((sum, { body }) => sum + (body?.length ?? 0), 0)
        if (sent > 0) stream.receiveCredit(sent)
      }
      expect(left).toBe(0)
      expect(stream.isWritable).toBe(false)
    })

    test('calls onDrain before it ends', async () => {
      const stream = open('balancer')
      heard.onDrain = () => heard.calls.push(`drain ${stream.isOver}`)
      stream.receiveResponse(responseHead, 10, undefined, plainEnd)
      stream.write(Buffer.alloc(20_000))
      stream.end()
      await frames()
      expect(heard.calls).toEqual(['200 end', 'drain false'])
      expect(stream.isOver).toBe(true)
    })

    test('ends after what is written in onDrain, however long that waits', async () => {
      const stream = open('balancer', { send: 20_000 })
      scheduler.enqueue({ takeTurn: () => undefined })
      heard.onDrain = () => {
        // Waits: another is in line.
        scheduler.enqueue({ takeTurn: () => undefined })
        stream.write(Buffer.from('last'))
        stream.end({ trailers: 'T\n1' })
      }
      stream.write(Buffer.from('first'))
      expect((await frames()).map(({ type, body }) => body ?? type)).toEqual([
        'first',
        'last',
        'END',
      ])
    })

    test('throws away what waits when it is reset by either side', async () => {
      for (const reset of [
        (stream: Stream) => stream.reset('TIMEOUT'),
        (stream: Stream) => stream.receiveReset('FAILED'),
      ]) {
        const stream = open('balancer')
        stream.write(Buffer.alloc(20_000))
        stream.end()
        expect(scheduler.isFree).toBe(false)
        reset(stream)
        expect(stream.queuedBytes).toBe(0)
        expect(scheduler.isFree).toBe(true)
        expect((await frames()).map(({ type }) => type)).toEqual(['RESET'])
      }
    })

    test('sends nothing after its end', async () => {
      const stream = open('balancer')
      stream.end()
      stream.end()
      expect(stream.write(Buffer.from('x'))).toBe(true)
      expect(await frames()).toHaveLength(1)
    })

    test('has no use for credit that it never spent', () => {
      const stream = open('balancer', { send: 10 })
      stream.write(Buffer.alloc(4))
      expect(() => stream.receiveCredit(5)).toThrow(exceeded)
    })
  })

  describe('that gets a response', () => {
    test('reports heads, body and end in order', () => {
      const stream = open('balancer')
      stream.receiveResponse(early, 10, undefined, undefined)
      stream.receiveResponse(responseHead, 10, Buffer.from('a'), undefined)
      stream.receiveData(Buffer.from('b'), false)
      stream.receiveData(Buffer.alloc(0), false)
      stream.receiveData(Buffer.from('c'), true)
      expect(heard.calls).toEqual(['103', '200 a', 'b', 'c', 'end'])
    })

    test('reports an end that came with the head only there', () => {
      const stream = open('balancer')
      stream.receiveResponse(responseHead, 10, Buffer.from('a'), { trailers: 'T\n1' })
      expect(heard.calls).toEqual(['200 a end T\n1'])
    })

    test.each([
      ['body', (stream: Stream) => stream.receiveData(Buffer.from('x'), false)],
      ['end', (stream: Stream) => stream.receiveEnd(plainEnd)],
    ])('refuses a %s before its head', (_what, act) => {
      const stream = open('balancer')
      stream.receiveResponse(early, 10, undefined, undefined)
      expect(() => act(stream)).toThrow(badStream)
    })

    test('refuses a second head, and an early one with more than a head', () => {
      const stream = open('balancer')
      const body = Buffer.from('x')
      expect(() => stream.receiveResponse(early, 10, body, undefined)).toThrow(badStream)
      expect(() => stream.receiveResponse(early, 10, undefined, plainEnd)).toThrow(badStream)
      stream.receiveResponse(responseHead, 10, undefined, undefined)
      for (const head of [responseHead, early]) {
        expect(() => stream.receiveResponse(head, 10, undefined, undefined)).toThrow(badStream)
      }
    })

    test('refuses interim heads that are more than one frame holds', () => {
      const stream = open('balancer')
      stream.receiveResponse(early, maxHeadLength, undefined, undefined)
      expect(() => stream.receiveResponse(early, 1, undefined, undefined)).toThrow(badStream)
    })

    test('refuses anything after its end', () => {
      for (const act of [
        (stream: Stream) => stream.receiveData(Buffer.from('x'), false),
        (stream: Stream) => stream.receiveEnd(plainEnd),
        (stream: Stream) => stream.receiveResponse(responseHead, 1, undefined, undefined),
      ]) {
        const stream = open('balancer')
        stream.receiveResponse(responseHead, 10, undefined, plainEnd)
        expect(() => act(stream)).toThrow(ProtocolError)
      }
    })
  })

  describe('that gets a body', () => {
    test('refuses a byte more than its window', () => {
      const stream = open('worker', { receive: 10 })
      stream.receiveData(Buffer.alloc(10), false)
      expect(() => stream.receiveData(Buffer.alloc(1), false)).toThrow(exceeded)
    })

    test('counts what came with the head', () => {
      const owner = { scheduler, forget: () => undefined, onQueued: () => undefined }
      const windows = { send: 10, receive: 10 }
      const stream = new Stream(7, heard, owner, windows)
      stream.receiveRequest(9, false)
      expect(() => stream.receiveData(Buffer.alloc(2), false)).toThrow(exceeded)
      expect(() => new Stream(8, heard, owner, windows).receiveRequest(11, true)).toThrow(exceeded)
    })

    test('gives credit in quarters of the window, when the reader has consumed', async () => {
      const stream = open('worker', { receive: 100 })
      stream.receiveData(Buffer.alloc(100), false)
      expect(await frames()).toEqual([])
      stream.consumed(24)
      expect(await frames()).toEqual([])
      stream.consumed(10)
      expect(await frames()).toEqual([{ type: 'CREDIT', stream: 7, bytes: 34 }])
    })

    test('gives no credit for what has ended or was given up', async () => {
      const ended = open('worker', { receive: 100 })
      ended.receiveData(Buffer.alloc(100), true)
      ended.consumed(100)
      const reset = open('worker', { receive: 100 })
      reset.receiveData(Buffer.alloc(100), false)
      reset.reset('CANCELLED')
      reset.consumed(100)
      expect((await frames()).map(({ type }) => type)).toEqual(['RESET'])
    })

    test('does not keep a large piece for the sake of a small one when its reader is behind', () => {
      const stream = open('worker')
      const kept: Buffer[] = []
      heard.onData = (chunk) => kept.push(chunk)
      for (let i = 0; i < 5; i++) {
        stream.receiveData(Buffer.alloc(65_536, `${i}`).subarray(100, 110), false)
      }
      expect(kept.map(String)).toEqual(['0', '1', '2', '3', '4'].map((c) => c.repeat(10)))
      // Copies may share a block of Node's pool, whose size differs between its versions.
      const blocks = [...new Set(kept.map(({ buffer }) => buffer))]
      const held = blocks.reduce((sum, { byteLength }) => sum + byteLength, 0)
      expect(held).toBeLessThanOrEqual(65_536 + Math.max(Buffer.poolSize, 4 * 16_384))
    })
  })

  describe('that ends', () => {
    test.each([
      ['both have ended', (s: Stream) => [s.end(), s.receiveEnd(plainEnd)]],
      ['the peer has ended first', (s: Stream) => [s.receiveEnd(plainEnd), s.end()]],
      [
        'it is reset and the peer has ended',
        (s: Stream) => [s.receiveEnd(plainEnd), s.reset('FAILED')],
      ],
      ['it is reset and the peer ends', (s: Stream) => [s.reset('FAILED'), s.receiveEnd(plainEnd)]],
      ['both reset it', (s: Stream) => [s.reset('FAILED'), s.receiveReset('FAILED')]],
      ['the peer resets it', (s: Stream) => [s.receiveReset('FAILED')]],
      ['it has ended and the peer resets it', (s: Stream) => [s.end(), s.receiveReset('FAILED')]],
      [
        'the peer resets it after its end',
        (s: Stream) => [s.receiveEnd(plainEnd), s.receiveReset('FAILED')],
      ],
      [
        'it is reset after its end',
        (s: Stream) => [s.end(), s.reset('FAILED'), s.receiveReset('FAILED')],
      ],
    ])('is over, once, when %s', (_rule, act) => {
      const stream = open('balancer')
      stream.receiveResponse(responseHead, 10, undefined, undefined)
      act(stream)
      expect(forgotten).toEqual([stream])
      expect(stream.isOver).toBe(true)
    })

    test('is not over when one side has ended, or was not answered', () => {
      for (const act of [
        (stream: Stream) => stream.end(),
        (stream: Stream) => stream.reset('FAILED'),
      ]) {
        const stream = open('balancer')
        act(stream)
        expect(stream.isOver).toBe(false)
      }
      expect(forgotten).toEqual([])
    })

    test('answers a reset with a reset', async () => {
      open('balancer').receiveReset('REFUSED')
      expect(await frames()).toEqual([{ type: 'RESET', stream: 7, code: 0 }])
      expect(heard.calls).toEqual(['reset REFUSED'])
    })

    test('does not answer a reset after its own end', async () => {
      const stream = open('balancer')
      stream.end()
      await frames()
      stream.receiveReset('FAILED')
      expect(await frames()).toEqual([])
    })

    test('reports nothing more after a reset', () => {
      const stream = open('balancer')
      stream.receiveResponse(responseHead, 10, undefined, undefined)
      stream.reset('CANCELLED')
      stream.receiveData(Buffer.from('x'), false)
      stream.receiveData(Buffer.from('x'), true)
      expect(heard.calls).toEqual(['200'])
    })

    test('gets no events after a reset within an event', () => {
      const stream = open('balancer')
      stream.receiveResponse(responseHead, 10, undefined, undefined)
      heard.onData = () => stream.reset('CANCELLED')
      stream.receiveData(Buffer.from('x'), true)
      expect(heard.calls).toEqual(['200'])
      expect(stream.isOver).toBe(true)
    })

    test('can be reset once', async () => {
      const stream = open('balancer')
      stream.reset('TIMEOUT')
      stream.reset('FAILED')
      expect(await frames()).toEqual([{ type: 'RESET', stream: 7, code: 3 }])
    })
  })

  test('reports a missed reset to a handler that is set late', () => {
    const owner = { scheduler, forget: () => undefined, onQueued: () => undefined }
    const windows = { send: 10, receive: 10 }
    const stream = new Stream(7, undefined, owner, windows)
    stream.receiveRequest(0, true)
    stream.receiveReset('CANCELLED')
    stream.handle(heard)
    stream.handle(heard)
    expect(heard.calls).toEqual(['reset CANCELLED'])
  })
})
