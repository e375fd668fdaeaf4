import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { type AddressInfo, createServer, connect as tcpConnect } from 'node:net'
import { ManualClock } from '@resumelb/common/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FrameDecoder } from '../../src/decode.ts'
import { type ConnectionCode, connectionCodes } from '../../src/errors.ts'
import { frameFlags, frameTypes } from '../../src/frame.ts'
import type { Identity } from '../../src/hello.ts'
import { plainEnd } from '../../src/message.ts'
import { pack } from '../../src/packed.ts'
import { packHello } from '../../src/preface.ts'
import { type MemorySocket, memoryPair } from '../../src/testing/memory-pair.ts'
import { type End, EndRecorder, gone, openEnd, turns, until } from '../support/ends.ts'
import { type FrameText, frame, fromText, toText } from '../support/frame-text.ts'
import { Recorder } from '../support/recorder.ts'
import {
  balancerIdentity,
  limits,
  report,
  requestHead,
  responseHead,
  workerHello,
  workerIdentity,
} from '../support/samples.ts'

const {
  HELLO,
  REQUEST,
  RESPONSE,
  DATA,
  END,
  RESET,
  CREDIT,
  RESUME,
  LOAD,
  PING,
  GOODBYE,
  HANDOVER,
  WARMTH,
} = frameTypes
const nothing = Buffer.alloc(0)
const options = { window: 2048, maxStreams: 3, helloTimeout: 1000 }

const number = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const withHead = (head: Buffer, body: Buffer = nothing) =>
  Buffer.concat([number(head.length), head, body])
const helloOf = (identity: Identity) => frame(HELLO, 0, 0, packHello({ ...identity, limits }))
const balancerHello = helloOf(balancerIdentity)
const workerHelloFrame = helloOf(workerIdentity)
const request = (stream: number, body = '', isWhole = true): Buffer =>
  fromText({
    type: 'REQUEST',
    stream,
    request: requestHead,
    ...(isWhole ? { end: true } : {}),
    ...(body === '' ? {} : { body }),
  })
const response = (stream: number, rest: Partial<FrameText> = {}): Buffer =>
  fromText({ type: 'RESPONSE', stream, response: responseHead, ...rest })

/** A connection whose peer is played by the test. */
class Stage {
  readonly clock: ManualClock = new ManualClock()
  readonly end: End
  readonly peer: MemorySocket
  /** What the connection has sent. */
  readonly sent: FrameText[] = []

  constructor(identity: Identity) {
    const [ours, theirs] = memoryPair()
    this.end = openEnd(ours, { identity, options, clock: this.clock })
    this.peer = theirs
    const decoder = new FrameDecoder((type, flags, stream, bytes, start, end) => {
      this.sent.push(toText({ type, flags, stream, payload: bytes.subarray(start, end) }))
    })
    theirs.on('data', (chunk: Buffer) => decoder.push(chunk))
  }

  get code(): ConnectionCode | undefined {
    return this.end.heard.closes[0]?.code
  }

  async play(...bytes: Buffer[]): Promise<void> {
    this.peer.write(Buffer.concat(bytes))
    await turns(20)
  }

  /** That the connection has ended so, has told the peer, and has left nothing behind. */
  async expectEnd(code: ConnectionCode): Promise<void> {
    await turns(20)
    expect(this.end.heard.closes.map((reason) => reason.code)).toEqual([code])
    const last = this.sent.at(-1)
    expect(last).toMatchObject({ type: 'GOODBYE', code: connectionCodes[code] })
    expect(this.end.connection.openStreams).toBe(0)
    this.peer.end()
    await until(() => this.end.socket.closed)
    expect(this.clock.pending).toBe(0)
  }
}

describe('A worker', () => {
  let stage: Stage

  beforeEach(() => {
    stage = new Stage(workerIdentity)
  })

  test.each<[ConnectionCode, string, Buffer]>([
    ['NOT_RESUMELB', 'an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['NOT_RESUMELB', 'a TLS client hello', Buffer.from('16030100f5010000f10303', 'hex')],
    ['NOT_RESUMELB', 'another frame first', request(1)],
    ['NOT_RESUMELB', 'a HELLO in other words', frame(HELLO, 0, 0, Buffer.from('zcresume1\x80'))],
    [
      'UNSUPPORTED_VERSION',
      'a HELLO of version 9',
      frame(HELLO, 0, 0, Buffer.from('resumelb\x09\x80')),
    ],
    ['BAD_MESSAGE', 'a HELLO that is no map', frame(HELLO, 0, 0, Buffer.from('resumelb\x01\x01'))],
    ['BAD_MESSAGE', 'the HELLO of a worker', workerHelloFrame],
  ])('ends with %s when it gets %s', async (code, _what, bytes) => {
    await stage.play(bytes)
    await stage.expectEnd(code)
    expect(stage.end.heard.hellos).toEqual([])
  })

  test.each<[ConnectionCode, string, Buffer[]]>([
    ['UNKNOWN_FRAME', 'a type that does not exist', [frame(77, 0, 0, nothing)]],
    ['UNKNOWN_FRAME', 'a second HELLO', [balancerHello]],
    ['UNKNOWN_FRAME', 'a RESPONSE', [response(1)]],
    ['UNKNOWN_FRAME', 'a RESUME', [fromText({ type: 'RESUME', skills: {} })]],
    ['UNKNOWN_FRAME', 'a LOAD', [fromText({ type: 'LOAD', load: workerHello.load })]],
    ['UNKNOWN_FRAME', 'a WARMTH', [frame(WARMTH, 0, 0, number(0))]],
    [
      'UNKNOWN_FRAME',
      'a HANDOVER of a worker that leaves',
      [frame(HANDOVER, 0, 0, pack([0, true, false, []]))],
    ],
    [
      'BAD_MESSAGE',
      'a HANDOVER with an unsafe method',
      [frame(HANDOVER, 0, 0, pack([1, ['a', 1, [['POST', '/', '', false]]]]))],
    ],
    [
      'FRAME_TOO_LONG',
      'a DATA that is too long',
      [request(1, '', false), frame(DATA, 0, 1, Buffer.alloc(16_385))],
    ],
    ['FRAME_TOO_LONG', 'a PING that is too long', [frame(PING, 0, 0, Buffer.alloc(4097))]],
    [
      'BAD_MESSAGE',
      'a request head that is not packed',
      [frame(REQUEST, 0, 1, withHead(Buffer.from([0xc1])))],
    ],
    [
      'BAD_MESSAGE',
      'a request head that is a map',
      [frame(REQUEST, 0, 1, withHead(pack(new Map())))],
    ],
    [
      'BAD_MESSAGE',
      'a request head that is cut off',
      [frame(REQUEST, 0, 1, withHead(pack(['GET']).subarray(0, 3)))],
    ],
    ['BAD_MESSAGE', 'a request head longer than its frame', [frame(REQUEST, 0, 1, number(100))]],
    ['BAD_MESSAGE', 'a request without a head', [frame(REQUEST, 0, 1, nothing)]],
    [
      'BAD_MESSAGE',
      'an END that is not packed',
      [request(1, '', false), frame(END, 0, 1, nothing)],
    ],
    ['BAD_MESSAGE', 'a RESET without a code', [request(1, '', false), frame(RESET, 0, 1, nothing)]],
    [
      'BAD_MESSAGE',
      'a CREDIT of five octets',
      [request(1, '', false), frame(CREDIT, 0, 1, Buffer.alloc(5))],
    ],
    ['BAD_MESSAGE', 'a GOODBYE that says nothing', [frame(GOODBYE, 0, 0, nothing)]],
    ['BAD_STREAM', 'a request on stream 0', [request(0)]],
    ['BAD_STREAM', 'two requests on one stream', [request(1, '', false), request(1)]],
    ['BAD_STREAM', 'a request on an older stream', [request(5), request(4)]],
    ['BAD_STREAM', 'DATA on a stream that never was', [frame(DATA, 0, 9, nothing)]],
    ['BAD_STREAM', 'DATA after END', [request(1), frame(DATA, 0, 1, nothing)]],
    ['BAD_STREAM', 'END after END', [request(1), frame(END, 0, 1, pack([]))]],
    ['BAD_STREAM', 'CREDIT for a stream that never was', [frame(CREDIT, 0, 9, number(1))]],
    ['BAD_STREAM', 'RESET of a stream that never was', [frame(RESET, 0, 9, number(0))]],
    ['BAD_STREAM', 'RESET of stream 0', [frame(RESET, 0, 0, number(0))]],
    [
      'WINDOW_EXCEEDED',
      'more body than its window',
      [request(1, 'x'.repeat(2000), false), frame(DATA, 0, 1, Buffer.alloc(2100))],
    ],
    ['WINDOW_EXCEEDED', 'more body with the head than its window', [request(1, 'x'.repeat(2049))]],
    [
      'WINDOW_EXCEEDED',
      'credit that was never spent',
      [request(1), frame(CREDIT, 0, 1, number(1))],
    ],
    ['TOO_MANY_STREAMS', 'one stream too many', [1, 2, 3, 4].map((id) => request(id))],
  ])('ends with %s when it gets %s', async (code, _what, frames) => {
    await stage.play(balancerHello, ...frames)
    await stage.expectEnd(code)
    for (const { heard } of stage.end.heard.requests) {
      expect(heard.calls.filter((call) => call === 'reset DISCONNECTED')).toHaveLength(1)
    }
  })

  test('ends with BAD_STREAM when a stream goes on that is over', async () => {
    stage.end.heard.answer = (stream) => stream.respond(responseHead, undefined, plainEnd)
    await stage.play(balancerHello, request(1))
    expect(stage.end.connection.openStreams).toBe(0)
    await stage.play(frame(DATA, 0, 1, nothing))
    await stage.expectEnd('BAD_STREAM')
  })

  test('ignores CREDIT and RESET for a stream that is over', async () => {
    stage.end.heard.answer = (stream) => stream.respond(responseHead, undefined, plainEnd)
    await stage.play(balancerHello, request(1), frame(CREDIT, 0, 1, number(5)))
    await stage.play(frame(RESET, 0, 1, number(0)), request(2))
    expect(stage.code).toBeUndefined()
    expect(stage.end.heard.requests).toHaveLength(2)
  })

  test('refuses requests of a monitor', async () => {
    await stage.play(helloOf({ ...balancerIdentity, role: 'monitor' }), request(1))
    await stage.expectEnd('UNKNOWN_FRAME')
  })

  test('takes a reset code that it does not know for FAILED', async () => {
    await stage.play(balancerHello, request(1, '', false), frame(RESET, 0, 1, number(999)))
    expect(stage.end.heard.requests[0]?.heard.calls).toEqual(['reset FAILED'])
  })

  test('hears no frame behind a GOODBYE, nor behind a wrong one', async () => {
    const goodbye = fromText({ type: 'GOODBYE', code: 0, message: 'enough' })
    await stage.play(balancerHello, goodbye, request(1))
    expect(stage.code).toBe('CLOSED')
    expect(stage.end.heard.requests).toEqual([])
    const other = new Stage(workerIdentity)
    await other.play(balancerHello, frame(77, 0, 0, nothing), request(1))
    expect(other.end.heard.requests).toEqual([])
  })

  test('tells the story in the reason of the close', async () => {
    await stage.play(balancerHello, request(1, '', false), frame(DATA, 0, 1, Buffer.alloc(2049)))
    expect(stage.end.heard.closes[0]?.message).toBe(
      'stream 1 got more body bytes than its window allows',
    )
    expect(stage.end.connection.peer?.id).toBe('lb-1')
  })

  test.each([
    ['nothing', nothing],
    ['half a header', balancerHello.subarray(0, 7)],
    ['half a HELLO', balancerHello.subarray(0, 50)],
  ])('ends with HELLO_TIMEOUT when it gets %s and silence', async (_what, bytes) => {
    if (bytes.length > 0) await stage.play(bytes)
    await stage.clock.advance(options.helloTimeout - 1)
    expect(stage.code).toBeUndefined()
    await stage.clock.advance(1)
    await stage.expectEnd('HELLO_TIMEOUT')
  })

  test('ends with SILENCE_TIMEOUT when it gets half a frame and silence', async () => {
    await stage.play(balancerHello, request(1).subarray(0, 30))
    await stage.clock.advance(20_000)
    await stage.expectEnd('SILENCE_TIMEOUT')
  })

  test('is gone for good when the peer neither reads its last words nor closes', async () => {
    stage.peer.pause()
    await stage.play(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    expect(stage.code).toBe('NOT_RESUMELB')
    await stage.clock.advance(20_000)
    expect(stage.end.socket.destroyed).toBe(true)
    expect(stage.clock.pending).toBe(0)
  })

  test.each([
    ['at once', nothing],
    ['in the midst of a frame', balancerHello.subarray(0, 20)],
  ])('notes a peer that connects and closes %s', async (_when, bytes) => {
    if (bytes.length > 0) await stage.play(bytes)
    stage.peer.end()
    await gone(stage.end.socket)
    expect(stage.end.heard.closes).toMatchObject([
      { code: 'DISCONNECTED', message: 'connection lost before a HELLO' },
    ])
    expect(stage.clock.pending).toBe(0)
  })

  test('notes a socket that was gone before the connection took it over', async () => {
    const [ours] = memoryPair()
    ours.destroy()
    await turns(5)
    const clock = new ManualClock()
    const end = openEnd(ours, { identity: workerIdentity, clock })
    await turns(5)
    expect(end.heard.closes).toMatchObject([{ code: 'DISCONNECTED' }])
    expect(clock.pending).toBe(0)
  })

  test('holds little for a peer that opens and resets streams and never reads', async () => {
    await stage.play(balancerHello)
    stage.peer.pause()
    const head = withHead(pack(['GET', '/', '', 'a', 'i', '', 1, true, '1.1']))
    const pair = Buffer.concat([frame(REQUEST, 0, 0, head), frame(RESET, 0, 0, number(0))])
    const resetAt = pair.length - 8
    const deaf = new Recorder()
    stage.end.heard.onRequest = () => deaf
    deaf.onReset = () => undefined
    // Answering all of it would take 4.2 MB.
    for (let id = 1; id <= 300_000; ) {
      const storm = Buffer.concat(Array.from({ length: 1000 }, () => pair))
      for (let at = 0; at < storm.length; at += pair.length, id++) {
        storm.writeUInt32BE(id, at + 6)
        storm.writeUInt32BE(id, at + resetAt)
      }
      stage.peer.write(storm)
      await turns(1)
    }
    await turns(300)
    expect(stage.end.connection.openStreams).toBe(0)
    expect(stage.end.connection.unsentLength).toBeGreaterThan(2e6)
    expect(stage.end.connection.unsentLength).toBeLessThan(3e6)
    expect(stage.code).toBeUndefined()
  })

  test('goes on when a peer reads late that had stopped reading', async () => {
    stage.end.heard.answer = (stream) => {
      stream.respond({ ...responseHead, headers: `A\n${'x'.repeat(100_000)}` }, undefined, plainEnd)
    }
    await stage.play(balancerHello)
    stage.peer.pause()
    for (let id = 1; id <= 100; id++) {
      stage.peer.write(request(id))
      await turns(2)
    }
    expect(stage.end.heard.requests.length).toBeLessThan(100)
    stage.peer.resume()
    await until(() => stage.end.heard.requests.length === 100)
    expect(stage.code).toBeUndefined()
  })

  test('bears with a peer that reads slowly, though it does not hear it meanwhile', async () => {
    stage.end.heard.answer = (stream) => {
      stream.respond({ ...responseHead, headers: `A\n${'x'.repeat(200_000)}` }, undefined, plainEnd)
    }
    await stage.play(balancerHello)
    stage.peer.pause()
    for (let id = 1; id <= 50; id++) stage.peer.write(request(id))
    await turns(20)
    for (let seconds = 0; seconds < 60; seconds += 5) {
      expect(stage.end.connection.unsentLength).toBeGreaterThan(2e6)
      await stage.clock.advance(5000)
      stage.peer.resume()
      await turns(1)
      stage.peer.pause()
      await turns(3)
    }
    expect(stage.code).toBeUndefined()
  })

  test('ends with WRITE_TIMEOUT when the peer takes nothing, and is not read either for that', async () => {
    stage.end.heard.answer = (stream) => {
      stream.respond({ ...responseHead, headers: `A\n${'x'.repeat(200_000)}` }, undefined, plainEnd)
    }
    await stage.play(balancerHello)
    stage.peer.pause()
    for (let id = 1; id <= 100; id++) stage.peer.write(request(id))
    await turns(100)
    await stage.clock.advance(30_000)
    expect(stage.code).toBe('WRITE_TIMEOUT')
    expect(stage.end.socket.destroyed).toBe(true)
    expect(stage.clock.pending).toBe(0)
  })

  test('ends with WRITE_TIMEOUT when the peer speaks on but takes nothing of what was sent', async () => {
    stage.end.heard.answer = (stream) => {
      stream.respond({ ...responseHead, headers: `A\n${'x'.repeat(200_000)}` }, undefined, plainEnd)
    }
    await stage.play(balancerHello)
    stage.peer.pause()
    for (let id = 1; id <= 5; id++) stage.peer.write(request(id))
    await turns(20)
    for (let seconds = 0; seconds < 12; seconds += 2) {
      await stage.play(frame(PING, 0, 0, nothing))
      await stage.clock.advance(2000)
    }
    expect(stage.code).toBe('WRITE_TIMEOUT')
  })

  test('answers a storm of PINGs with few PONGs', async () => {
    await stage.play(
      balancerHello,
      ...Array.from({ length: 5000 }, () => frame(PING, 0, 0, nothing)),
    )
    const pongs = stage.sent.filter(({ type }) => type === 'PONG').length
    expect(pongs).toBeGreaterThan(0)
    expect(pongs).toBeLessThan(50)
  })
})

describe('A balancer', () => {
  let stage: Stage
  let heard: Recorder

  beforeEach(async () => {
    stage = new Stage(balancerIdentity)
    heard = new Recorder()
    await stage.play(workerHelloFrame)
    stage.end.connection.request(requestHead, undefined, true, heard)
    await turns(5)
  })

  test.each<[ConnectionCode, string, Buffer[]]>([
    ['UNKNOWN_FRAME', 'a REQUEST', [request(1)]],
    ['BAD_STREAM', 'a RESPONSE to what was never asked', [response(2)]],
    ['BAD_STREAM', 'a body before its head', [frame(DATA, 0, 1, nothing)]],
    ['BAD_STREAM', 'an end before its head', [frame(END, 0, 1, pack([]))]],
    ['BAD_STREAM', 'two heads', [response(1), response(1)]],
    ['BAD_STREAM', 'a RESPONSE after the end', [response(1, { end: plainEnd }), response(1)]],
    [
      'BAD_STREAM',
      'a body in an interim response',
      [response(1, { response: { ...responseHead, status: 103 }, body: 'x' })],
    ],
    [
      'BAD_MESSAGE',
      'a status that does not exist',
      [frame(RESPONSE, 0, 1, withHead(pack([1000, '', ''])))],
    ],
    [
      'BAD_MESSAGE',
      'a report that would poison a mean',
      [frame(RESPONSE, frameFlags.END, 1, withHead(pack([200, '', '', '', Number.NaN, 0, 0])))],
    ],
    ['BAD_MESSAGE', 'a résumé that is no map', [frame(RESUME, 0, 0, pack([]))]],
    ['BAD_MESSAGE', 'a WARMTH without its number', [frame(WARMTH, 0, 0, nothing)]],
    ['BAD_MESSAGE', 'a WARMTH with fewer links than it says', [frame(WARMTH, 0, 0, number(1))]],
    ['FRAME_TOO_LONG', 'a long WARMTH', [frame(WARMTH, 0, 0, Buffer.alloc(32_769))]],
    [
      'BAD_MESSAGE',
      'a score below zero',
      [frame(RESUME, 0, 0, pack(new Map([['a', [-1, 0, 0, 0]]])))],
    ],
    [
      'BAD_MESSAGE',
      'a class with an endless name',
      [frame(RESUME, 0, 0, pack(new Map([['a'.repeat(300), null]])))],
    ],
    ['BAD_MESSAGE', 'a load without concurrency', [frame(LOAD, 0, 0, pack(['ready', 0, 0, 0]))]],
    ['BAD_MESSAGE', 'an END that is a text', [response(1), frame(END, 0, 1, pack('end'))]],
    ['WINDOW_EXCEEDED', 'more body than its window', [response(1, { body: 'x'.repeat(2049) })]],
  ])('ends with %s when it gets %s', async (code, _what, frames) => {
    await stage.play(...frames)
    await stage.expectEnd(code)
  })

  test('tells the code to the peer, who ends with the same', async () => {
    const other = new Stage(workerIdentity)
    const goodbye = fromText({ type: 'GOODBYE', code: connectionCodes.BAD_STREAM, message: 'no' })
    await other.play(balancerHello, request(1), goodbye)
    expect(other.end.heard.closes).toMatchObject([
      { code: 'BAD_STREAM', message: 'the peer closed the connection: no' },
    ])
    expect(other.end.heard.requests[0]?.heard.calls).toEqual(['reset DISCONNECTED'])
  })

  test('hears a response and its report all the same when it is right', async () => {
    await stage.play(response(1, { end: { trailers: '', report }, body: 'x' }))
    expect(heard.calls).toEqual(['200 x end after 0.25 s'])
    expect(stage.end.connection.openStreams).toBe(0)
  })
})

describe('Two versions', () => {
  test('end with UNSUPPORTED_VERSION on both sides', async () => {
    const [ours, theirs] = memoryPair()
    const end = openEnd(ours, { identity: workerIdentity, options })
    // Another version's end, as far as this one can know it: its HELLO, and our words understood.
    const said: FrameText[] = []
    const decoder = new FrameDecoder((type, flags, stream, bytes, start, stop) => {
      said.push(toText({ type, flags, stream, payload: bytes.subarray(start, stop) }))
    })
    theirs.on('data', (chunk: Buffer) => decoder.push(chunk))
    theirs.write(frame(HELLO, 0, 0, Buffer.from('resumelb\x02 whatever it says')))
    await gone(ours)
    expect(end.heard.closes).toMatchObject([
      {
        code: 'UNSUPPORTED_VERSION',
        message: 'the peer speaks version 2, this side version 1 of the resumelb protocol',
      },
    ])
    expect(said.at(-1)).toEqual({
      type: 'GOODBYE',
      code: connectionCodes.UNSUPPORTED_VERSION,
      message: 'the peer speaks version 2, this side version 1 of the resumelb protocol',
    })
  })
})

describe('On a real port', () => {
  const ends: End[] = []
  const clock = new ManualClock()
  const server = createServer((socket) => {
    ends.push(openEnd(socket, { identity: workerIdentity, options, clock }))
  })
  let port: number

  beforeEach(async () => {
    ends.length = 0
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  afterEach(async () => {
    server.close()
    await once(server, 'close')
    expect(clock.pending).toBe(0)
  })

  const ended = async () => {
    await until(() => ends.length > 0)
    await Promise.all(ends.map(({ socket }) => gone(socket)))
    return ends.map(({ heard }) => heard.closes.map(({ code }) => code))
  }

  test('an HTTP client gets no answer that it takes for one, and is let go', async () => {
    const client = httpRequest({ host: '127.0.0.1', port, path: '/' })
    const failed = once(client, 'error')
    client.end()
    await failed
    expect(await ended()).toEqual([['NOT_RESUMELB']])
    expect(ends[0]?.heard.closes[0]?.message).toContain('GET / HTTP/1.1')
  })

  test('a port scanner that connects and closes leaves nothing', async () => {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const socket = tcpConnect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      await until(() => ends.length > 0)
      socket[leave]()
      expect(await ended()).toEqual([['DISCONNECTED']])
      ends.length = 0
    }
  })

  test('a port scanner that sends nothing gets HELLO_TIMEOUT, and is disconnected', async () => {
    const socket = tcpConnect(port, '127.0.0.1')
    const got: Buffer[] = []
    socket.on('data', (chunk) => got.push(chunk))
    await until(() => ends.length > 0)
    await clock.advance(options.helloTimeout)
    expect(await ended()).toEqual([['HELLO_TIMEOUT']])
    expect(Buffer.concat(got).toString('latin1')).toContain('no HELLO in 1000 ms')
  })
})

describe('A handler that throws', () => {
  const mistake = new Error('a mistake in the program')
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  const note = (error: unknown) => uncaught.push(error)

  beforeEach(() => {
    uncaught.length = 0
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', note)
  })

  afterEach(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })

  const fail = () => {
    throw mistake
  }

  test.each(['onHello', 'onRequest'] as const)(
    'in %s is heard by the program, and ends the connection with INTERNAL',
    async (name) => {
      const handler = new EndRecorder()
      handler[name] = fail
      const [ours, theirs] = memoryPair()
      const clock = new ManualClock()
      const end = openEnd(ours, { identity: workerIdentity, options, clock, handler })
      theirs.resume()
      theirs.write(Buffer.concat([balancerHello, request(1)]))
      await gone(ours)
      expect(uncaught).toEqual([mistake])
      expect(end.heard.closes).toMatchObject([{ code: 'INTERNAL', cause: mistake }])
      expect(clock.pending).toBe(0)
    },
  )

  test('in onReset or onClose does not keep other handlers from being called', async () => {
    const handler = new EndRecorder()
    const bad = new Recorder()
    bad.onReset = fail
    handler.listen = (stream, heard) => (stream.id === 1 ? bad : heard)
    const [ours, theirs] = memoryPair()
    openEnd(ours, { identity: workerIdentity, options, handler })
    theirs.resume()
    theirs.write(Buffer.concat([balancerHello, request(1), request(2)]))
    await until(() => handler.requests.length === 2)
    theirs.destroy()
    await gone(ours)
    expect(handler.requests[1]?.heard.calls).toEqual(['reset DISCONNECTED'])
    expect(handler.closes).toHaveLength(1)
    expect(uncaught).toEqual([mistake])
  })

  test('in onDrain ends the connection with INTERNAL', async () => {
    const handler = new EndRecorder()
    const bad = new Recorder()
    bad.onDrain = fail
    handler.listen = (stream) => {
      stream.respond(responseHead)
      stream.write(Buffer.alloc(20_000))
      return bad
    }
    const [ours, theirs] = memoryPair()
    openEnd(ours, { identity: workerIdentity, options, handler })
    theirs.resume()
    theirs.write(Buffer.concat([balancerHello, request(1)]))
    await gone(ours)
    expect(handler.closes).toMatchObject([{ code: 'INTERNAL' }])
    expect(uncaught).toEqual([mistake])
  })
})

describe('Random and mutated bytes', () => {
  /** Some honest talk of a balancer, as frames. */
  const talk = [
    request(1),
    request(2, 'body', false),
    frame(DATA, 0, 2, Buffer.from('more')),
    frame(CREDIT, 0, 1, number(10)),
    frame(END, 0, 2, pack(['T\n1'])),
    request(3, '', false),
    frame(RESET, 0, 3, number(1)),
    frame(PING, 0, 0, nothing),
    request(7, 'x'.repeat(1000)),
  ]

  const play = async (bytes: Buffer, cuts: readonly number[]) => {
    const stage = new Stage(workerIdentity)
    stage.end.heard.answer = (stream) => {
      stream.respond(responseHead, Buffer.alloc(3000), { trailers: '', report })
    }
    stage.peer.write(balancerHello)
    let from = 0
    for (const cut of [...cuts, bytes.length]) {
      if (!stage.peer.destroyed && !stage.peer.writableEnded)
        stage.peer.write(bytes.subarray(from, cut))
      from = cut
      await turns(3)
    }
    const { closes, requests } = stage.end.heard
    expect(closes.length).toBeLessThanOrEqual(1)
    expect(stage.end.connection.openStreams).toBeLessThanOrEqual(options.maxStreams)
    if (closes.length > 0) expect(stage.end.connection.openStreams).toBe(0)
    stage.peer.destroy()
    await gone(stage.end.socket)
    expect(closes).toHaveLength(1)
    expect(closes[0]?.name).toBe('ProtocolError')
    expect(closes[0]?.code).not.toBe('INTERNAL')
    expect(stage.end.connection.openStreams).toBe(0)
    expect(stage.clock.pending).toBe(0)
    for (const { heard } of requests) {
      const lasts = heard.calls.filter((call) => /^(end|reset)/.test(call))
      expect(lasts.length).toBeLessThanOrEqual(2)
      expect(heard.calls.findIndex((call) => call.startsWith('reset'))).toSatisfy(
        (at) => at === -1 || at === heard.calls.length - 1,
      )
    }
  }

  test('end with a coded error or not at all, and leave nothing: mutated talk', async () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(talk, { minLength: 1 }),
        fc.array(change, { maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        async (frames, changes, places) => {
          const bytes = Buffer.concat(frames)
          for (const [place, value] of changes) bytes[place % bytes.length] = value
          const cuts = places.map((place) => place % bytes.length).sort((a, b) => a - b)
          await play(bytes, cuts)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('end with a coded error or not at all, and leave nothing: random frames', async () => {
    const anyFrame = fc
      .record({
        type: fc.integer({ min: 2, max: 12 }),
        flags: fc.nat(3),
        stream: fc.nat(4),
        payload: fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.nat(5000).map(number),
          fc.anything().map((value) => pack(JSON.parse(JSON.stringify(value) ?? 'null'))),
          fc.constant(withHead(pack(['GET', '/', '', 'a', 'i', '', 1, true, '1.1']))),
        ),
      })
      .map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload))
    await fc.assert(
      fc.asyncProperty(fc.array(anyFrame, { maxLength: 10 }), async (frames) => {
        await play(Buffer.concat(frames), [])
      }),
      { numRuns: 200 },
    )
  })
})
