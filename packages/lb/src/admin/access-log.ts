/** A line per request in the combined format, as nginx and Apache write it. */
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { watchForLoss } from '@resumelb/common/cli'
import morgan from 'morgan'
import pino from 'pino'
import { readHeader } from '../classify/attribute.ts'
import type { EndedRequest } from '../load-balancer.ts'
import { oncePerSecond } from './once-per-second.ts'

/** Bytes that are collected before they are written, so that a busy log costs few system calls. */
const minLength = 8 * 1024

/** Milliseconds after which what was collected is written all the same. */
const flushInterval = 1_000

/** Bytes that may wait for a disk or a pipe that stands still. What is more is lost. */
const maxLength = 16 * 1024 * 1024

const format =
  ':remote-addr - :remote-user [:date[clf]] ":method :url HTTP/:http-version" :status :bytes ":referrer" ":user-agent"'

const line: morgan.FormatFn<IncomingMessage, ServerResponse> = morgan.compile(format)

/** As morgan's token writes it. */
const dateNow = oncePerSecond(
  () => (morgan as unknown as Tokens)['date']?.(undefined, undefined, 'clf') ?? '',
)

type Tokens = Readonly<Record<string, (...args: unknown[]) => string | undefined>>

/** morgan's tokens, which escape what clients send, but for those that our records know better. */
const tokens = Object.assign(Object.create(morgan) as object, {
  date: dateNow,
  status: (record: LogRecord) => String(record.status),
  bytes: (record: LogRecord) => String(record.bytes),
}) as unknown as Tokens

/** As much of a request as morgan's tokens look at. */
interface LogRecord {
  readonly ip: string
  readonly method: string | undefined
  readonly url: string | undefined
  readonly httpVersionMajor: number
  readonly httpVersionMinor: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly status: number
  readonly bytes: number
}

/** The line of a request, without the line feed. */
export function combinedLine(ended: EndedRequest): string {
  const { request } = ended
  const record: LogRecord = {
    ip: ended.remoteAddress,
    method: request.method,
    url: request.url,
    httpVersionMajor: request.httpVersionMajor,
    httpVersionMinor: request.httpVersionMinor,
    // Only the name of the user is written, never the password.
    headers: {
      authorization: readHeader(request, 'authorization'),
      referer: readHeader(request, 'referer'),
      'user-agent': readHeader(request, 'user-agent'),
    },
    status: ended.status,
    bytes: ended.bytesSent,
  }
  return (line as unknown as (...args: unknown[]) => string)(tokens, record, record)
}

type Destination = ReturnType<typeof pino.destination>

/** Where the lines go. */
export class AccessLog {
  readonly #destination: Destination
  readonly #isFile: boolean
  readonly #forgetLoss: () => void

  /**
   * Opens the file, to append to it; `-` is standard output. Rejects if it cannot be opened.
   * `onError` is told, once, that lines are being lost.
   */
  static async open(path: string, onError: (error: Error) => void): Promise<AccessLog> {
    const isFile = path !== '-'
    // Tried first, because a destination that has failed to open throws when the process exits.
    if (isFile) await (await open(path, 'a')).close()
    const dest = isFile ? path : 1
    const destination = pino.destination({
      ...{ dest, append: true, sync: false },
      ...{ minLength, maxLength, periodicFlush: flushInterval },
    })
    if (isFile) await once(destination, 'ready')
    return new AccessLog(destination, isFile, onError)
  }

  private constructor(destination: Destination, isFile: boolean, onError: (error: Error) => void) {
    this.#destination = destination
    this.#isFile = isFile
    this.#forgetLoss = watchForLoss(destination, onError)
  }

  write(ended: EndedRequest): void {
    this.#destination.write(`${combinedLine(ended)}\n`)
  }

  /** Opens the file anew, after another program has moved it away. */
  reopen(): void {
    if (!this.#isFile) return
    this.#forgetLoss()
    this.#destination.reopen()
  }

  /** Writes what was collected, and resolves when it is there. Nothing may be written afterwards. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#destination.once('close', resolve)
      // Nobody reads it any more: that was told before.
      this.#destination.once('error', () => resolve())
    })
    this.#destination.end()
    await closed
  }
}
