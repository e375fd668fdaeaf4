/** Frames as plain objects and back, on top of the same parts that connections use. */
import { flagsOfStanding, standingOfFlags } from '../../src/class-standing.ts'
import { FrameDecoder } from '../../src/decode.ts'
import { frameFlags, frameTypes, headPrefixLength } from '../../src/frame.ts'
import { FrameWriter } from '../../src/frame-writer.ts'
import { type HandOver, handOverRow, readHandOver } from '../../src/hand-over.ts'
import { type Hello, type Load, loadRow, readLoad } from '../../src/hello.ts'
import {
  endRow,
  type RequestHead,
  type ResponseHead,
  readEnd,
  readRequestHead,
  readResponseEnd,
  readResponseHead,
  requestRow,
  responseRow,
  type StreamEnd,
} from '../../src/message.ts'
import { unpack } from '../../src/packed.ts'
import { packHello, unpackHello } from '../../src/preface.ts'
import type { Skill } from '../../src/resume.ts'
import { readResumeChanges, resumeMap } from '../../src/resume-rows.ts'
import { readWarmth, type WarmthChanges, warmthPayload } from '../../src/warmth.ts'

export type FrameName = keyof typeof frameTypes

/** A frame as SPEC.md shows it in JSON. */
export interface FrameText {
  readonly type: FrameName
  readonly stream?: number
  readonly end?: true | StreamEnd
  readonly whole?: true
  readonly hello?: Hello | HelloText
  readonly request?: RequestHead
  readonly response?: ResponseHead
  readonly trailing?: StreamEnd
  readonly body?: string
  readonly code?: number
  readonly bytes?: number
  readonly skills?: Readonly<Record<string, Skill | null>>
  readonly load?: Load
  readonly handOver?: HandOver | undefined
  readonly warmth?: WarmthChanges
  readonly message?: string
}

/** A HELLO whose résumé is an object. */
interface HelloText {
  readonly worker?: { readonly resume: Readonly<Record<string, Skill>> }
}

/** One frame as it came. */
export interface RawFrame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

const names = Object.entries(frameTypes) as [FrameName, number][]

/** The bytes of any HELLO, without which a decoder takes nothing. */
export const anyHello: Buffer = frame(frameTypes.HELLO, 0, 0, Buffer.from('any'))

/** A frame made by hand, however wrong. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(10)
  header.writeUInt32BE(payload.length, 0)
  header[4] = type
  header[5] = flags
  header.writeUInt32BE(stream, 6)
  return Buffer.concat([header, payload])
}

/** The frames in some bytes, cut where `cuts` says. The first need not be a HELLO. */
export function decodeRaw(bytes: Buffer, cuts: readonly number[] = []): RawFrame[] {
  const frames: RawFrame[] = []
  const decoder = new FrameDecoder((type, flags, stream, chunk, start, end) => {
    frames.push({ type, flags, stream, payload: Buffer.from(chunk.subarray(start, end)) })
  })
  decoder.push(anyHello)
  frames.length = 0
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    decoder.push(bytes.subarray(from, cut))
    from = cut
  }
  return frames
}

/** What a writer wrote. */
function written(fill: (writer: FrameWriter) => void): Buffer {
  const pieces: Buffer[] = []
  const sink = {
    write: (bytes: Buffer) => pieces.push(bytes) > 0,
    cork: () => undefined,
    uncork: () => undefined,
  }
  const writer = new FrameWriter(sink)
  fill(writer)
  writer.flush()
  return Buffer.concat(pieces)
}

/** The frame, in words. */
export function toText({ type, flags, stream, payload }: RawFrame): FrameText {
  const name = names.find(([, number]) => number === type)?.[0] as FrameName
  const isEnd = (flags & frameFlags.END) !== 0
  const bodyAt = () => headPrefixLength + payload.readUInt32BE(0)
  const head = () => unpack(payload, headPrefixLength, bodyAt())
  const withBody = () => {
    const body = payload.toString('latin1', bodyAt())
    return body === '' ? {} : { body }
  }
  const onStream = isEnd ? { type: name, stream, end: true as const } : { type: name, stream }
  switch (name) {
    case 'HELLO':
      return { type: name, hello: unmapped(unpackHello(payload, 0, payload.length)) }
    case 'REQUEST':
      return { ...onStream, request: requestOf(head(), flags), ...withBody() }
    case 'RESPONSE': {
      const last = isEnd ? { end: readResponseEnd(head()) } : {}
      return { type: name, stream, response: readResponseHead(head()), ...last, ...withBody() }
    }
    case 'DATA':
      return { ...onStream, body: payload.toString('latin1') }
    case 'END':
      return { type: name, stream, end: readEnd(unpack(payload, 0, payload.length)) }
    case 'RESET':
      return { type: name, stream, code: payload.readUInt32BE(0) }
    case 'CREDIT':
      return { type: name, stream, bytes: payload.readUInt32BE(0) }
    case 'RESUME': {
      const changes = readResumeChanges(unpack(payload, 0, payload.length))
      const skills = Object.fromEntries(changes)
      return (flags & frameFlags.WHOLE) !== 0
        ? { type: name, whole: true, skills }
        : { type: name, skills }
    }
    case 'LOAD':
      return { type: name, load: readLoad(unpack(payload, 0, payload.length)) }
    case 'HANDOVER':
      return { type: name, handOver: readHandOver(unpack(payload, 0, payload.length)) }
    case 'WARMTH': {
      const isWhole = (flags & frameFlags.WHOLE) !== 0
      return { type: name, warmth: readWarmth(payload, 0, payload.length, isWhole) }
    }
    case 'GOODBYE': {
      const [code, message] = unpack(payload, 0, payload.length) as [number, string]
      return { type: name, code, message }
    }
    default:
      return { type: name }
  }
}

/** The bytes of a frame given in words. */
export function fromText(text: FrameText): Buffer {
  return written((writer) => {
    const type = frameTypes[text.type]
    const stream = text.stream ?? 0
    const end = text.end === undefined ? 0 : frameFlags.END
    const movable = text.request?.isMovable ? frameFlags.MOVABLE : 0
    const flags = end | movable | flagsOfStanding(text.request?.standing)
    const body = text.body === undefined ? undefined : Buffer.from(text.body, 'latin1')
    if (text.hello) writer.addRaw(type, 0, 0, packHello(mapped(text.hello)))
    else if (text.request) writer.addHead(type, flags, stream, requestRow(text.request, true), body)
    else if (text.response) {
      const end = text.end as StreamEnd | undefined
      writer.addHead(type, flags, stream, responseRow(text.response, end), body)
    } else if (body) writer.addRaw(type, flags, stream, body)
    else if (text.type === 'END') writer.addPacked(type, 0, stream, endRow(text.end as StreamEnd))
    else if (text.skills) {
      const whole = text.whole ? frameFlags.WHOLE : 0
      writer.addPacked(type, whole, 0, resumeMap(new Map(Object.entries(text.skills))))
    } else if (text.load) writer.addPacked(type, 0, 0, loadRow(text.load))
    else if (text.warmth) {
      const whole = text.warmth.whole ? frameFlags.WHOLE : 0
      writer.addRaw(type, whole, 0, warmthPayload(text.warmth))
    } else if (text.handOver) writer.addPacked(type, 0, 0, handOverRow(text.handOver))
    else if (text.message !== undefined) writer.addPacked(type, 0, 0, [text.code, text.message])
    else if (text.code !== undefined) writer.addNumber(type, stream, text.code)
    else if (text.bytes !== undefined) writer.addNumber(type, stream, text.bytes)
    else writer.addEmpty(type)
  })
}

function requestOf(head: unknown, flags: number): RequestHead {
  const standing = standingOfFlags(flags)
  return {
    ...readRequestHead(head),
    ...(standing !== undefined && { standing }),
    ...((flags & frameFlags.MOVABLE) !== 0 && { isMovable: true }),
  }
}

function unmapped(hello: Hello): Hello | HelloText {
  const { worker } = hello
  if (!worker) return hello
  return { ...hello, worker: { ...worker, resume: Object.fromEntries(worker.resume) } }
}

function mapped(hello: Hello | HelloText): Hello {
  if (!hello.worker) return hello as Hello
  const resume = new Map(Object.entries(hello.worker.resume))
  return { ...hello, worker: { ...hello.worker, resume } } as Hello
}
