/** A client of HTTP/2 that sends any frames, for what no real client does. */
import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import { onTestFinished } from 'vitest'
import { until } from './balancer.ts'

export const frameTypes = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

export type FrameType = keyof typeof frameTypes

export interface Frame {
  readonly type: FrameType | undefined
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const endStream = 1
export const endHeaders = 4
const ack = 1

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(frameTypes).map(([name, number]) => [number, name]),
)

/** A frame as bytes. */
export function frame(type: FrameType, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = frameTypes[type]
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Fields as HPACK has them: literal, without indexing. */
export function hpack(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    fields.map(([name, value]) => Buffer.concat([zero, text(name), text(value)])),
  )
}

const zero = Buffer.from([0])

/** A text behind its length (RFC 7541 §5.1 and §5.2). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  const length: number[] = []
  let rest = bytes.length
  if (rest < 127) length.push(rest)
  else {
    length.push(127)
    for (rest -= 127; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
    length.push(rest)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

/** A number of 32 bits. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

type Fields = readonly (readonly [name: string, value: string])[]

export class RawH2 {
  readonly socket: Socket
  readonly frames: Frame[] = []
  #unread: Buffer = Buffer.alloc(0)
  #isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#isClosed = true
    })
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  /** Connects, and sends the preface and settings, unless told not to. */
  static async open(port: number, settings: Buffer | null = Buffer.alloc(0)): Promise<RawH2> {
    const socket = connect({
      ...{ host: '127.0.0.1', port, servername: 'localhost' },
      ...{ rejectUnauthorized: false, ALPNProtocols: ['h2'] },
    })
    onTestFinished(() => {
      socket.destroy()
    })
    const client = new RawH2(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', () => resolve())
      socket.once('error', reject)
    })
    if (settings !== null) {
      socket.write(preface)
      client.send('SETTINGS', 0, 0, settings)
    }
    return client
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(type: FrameType, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    this.socket.write(frame(type, flags, stream, payload))
  }

  /** Sends a request; these fields replace or follow the usual ones. */
  request(stream: number, fields: Fields = [], flags: number = endStream | endHeaders): void {
    this.send('HEADERS', flags, stream, headOf(fields))
  }

  ofType(type: FrameType, stream?: number): Frame[] {
    return this.frames.filter(
      (each) => each.type === type && (stream === undefined || each.stream === stream),
    )
  }

  /** Resolves with the first frame of this type. */
  async next(type: FrameType, stream?: number): Promise<Frame> {
    await until(
      () => this.ofType(type, stream).length > 0,
      () => `${type} of ${stream}, of ${this.frames.map((each) => each.type)} ${this.#isClosed}`,
    )
    return this.ofType(type, stream)[0] as Frame
  }

  /**
   * Resolves with the code of a GOAWAY when the connection is closed; `undefined`: there was none.
   */
  async closed(): Promise<number | undefined> {
    await until(
      () => this.#isClosed,
      () => `closed, after ${this.frames.map(({ type }) => type)}`,
    )
    return this.ofType('GOAWAY').at(-1)?.payload.readUInt32BE(4)
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk])
    while (this.#unread.length >= 9) {
      const end = 9 + this.#unread.readUIntBE(0, 3)
      if (this.#unread.length < end) return
      const type = typeNames.get(this.#unread[3] as number) as FrameType | undefined
      const flags = this.#unread[4] as number
      const stream = this.#unread.readUInt32BE(5)
      this.frames.push({ type, flags, stream, payload: this.#unread.subarray(9, end) })
      this.#unread = this.#unread.subarray(end)
      // As RFC 9113 §6.5.3 has it.
      if (type === 'SETTINGS' && (flags & ack) === 0) this.send('SETTINGS', ack, 0)
    }
  }
}

/** The head of a request; these fields replace or follow the usual ones. */
export function headOf(fields: Fields = []): Buffer {
  const given = new Set(fields.map(([name]) => name))
  const usual: Fields = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', '/'],
  ]
  const pseudo = fields.filter(([name]) => name.startsWith(':'))
  const others = fields.filter(([name]) => !name.startsWith(':'))
  return hpack([...usual.filter(([name]) => !given.has(name)), ...pseudo, ...others])
}
