/** Writes the access log: a line per request in the combined format of nginx and Apache. */
import { openSync } from 'node:fs'
import { oncePerSecond } from '@resumelb/common'
import { watchForLoss } from '@resumelb/common/cli'
import pino from 'pino'
import { readHeader } from '../classify/attribute.ts'
import type { EndedRequest } from '../events.ts'

/** Bytes collected before a write, so that a busy log takes few system calls. */
const minLength = 8 * 1024

/** Milliseconds after which collected lines are written in any case. */
const flushInterval = 1_000

/** Bytes that may be pending if a disk or a pipe stalls. Further lines are lost. */
const maxLength = 16 * 1024 * 1024

/**
 * The line of a request, without the line feed. If the response was aborted, the line ends with
 * `truncated`, after the fields of the format.
 */
export function combinedLine(ended: EndedRequest): string {
  const { request, status, bytesSent } = ended
  const { method, url, httpVersion } = request
  const target = `${escaped(method)} ${escaped(url)} HTTP/${httpVersion}`
  const user = escaped(userOf(readHeader(request, 'authorization')))
  const referrer = escaped(readHeader(request, 'referer'))
  const agent = escaped(readHeader(request, 'user-agent'))
  const end = ended.isTruncated ? ' truncated' : ''
  return `${ended.remoteAddress} - ${user} [${dateNow()}] "${target}" ${status} ${bytesSent} "${referrer}" "${agent}"${end}`
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

const dateNow = oncePerSecond((now) => {
  const day = String(now.getUTCDate()).padStart(2, '0')
  const time = now.toISOString().slice(11, 19)
  return `${day}/${months[now.getUTCMonth()]}/${now.getUTCFullYear()}:${time} +0000`
})

/** Only the user name of basic authentication is logged, never the password. */
function userOf(authorization: string | undefined): string | undefined {
  const credentials = authorization && basic.exec(authorization)?.[1]
  if (!credentials) return undefined
  const [user] = Buffer.from(credentials, 'base64').toString().split(':', 1)
  // Spaces would shift the fields for programs that split lines at them.
  return user?.replaceAll(' ', '%20')
}

const basic = /^basic +([\w+/=-]+) *$/i

/** Escapes text of clients, so that it cannot end a field or a line, or control a terminal. */
function escaped(text: string | undefined): string {
  if (text === undefined || text === '') return '-'
  return unsafe.test(text) ? text.replace(everyUnsafe, escapeOf) : text
}

const unsafe = /["\\\p{Cc}\p{Zl}\p{Zp}]/u
const everyUnsafe = new RegExp(unsafe, 'gu')

function escapeOf(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const code = character.charCodeAt(0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`
}

type Destination = ReturnType<typeof pino.destination>

/** The file of the access log, or standard output. */
export class AccessLog {
  readonly #path: string
  readonly #onError: (error: Error) => void
  #destination: Destination
  #isClosed = false

  /**
   * Opens the file, to append to it; `-` is standard output. Throws if it cannot be opened.
   * `onError` is called when lines are lost: once, and again after {@link reopen}.
   */
  constructor(path: string, onError: (error: Error) => void) {
    this.#path = path
    this.#onError = onError
    this.#destination = this.#open()
  }

  /** Does nothing after {@link close}: responses that end later are not logged. */
  write(ended: EndedRequest): void {
    if (!this.#isClosed) this.#destination.write(`${combinedLine(ended)}\n`)
  }

  /**
   * Opens the file again, after another program has moved it. Throws if it cannot be opened, and
   * then continues with the old one.
   */
  reopen(): void {
    if (this.#path === '-' || this.#isClosed) return
    const before = this.#destination
    // Not `Destination.reopen`: when it is retried after a failure, it closes the old descriptor
    // twice.
    this.#destination = this.#open()
    void finish(before)
  }

  /** Writes the pending lines, and resolves when they are written. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await finish(this.#destination)
  }

  #open(): Destination {
    const destination = pino.destination({
      dest: this.#path === '-' ? 1 : openSync(this.#path, 'a'),
      sync: false,
      minLength,
      maxLength,
      periodicFlush: flushInterval,
    })
    watchForLoss(destination, this.#onError)
    return destination
  }
}

/** Writes the pending lines, if possible, and closes the file. */
function finish(destination: Destination): Promise<void> {
  return new Promise((resolve) => {
    destination.once('close', resolve)
    destination.once('error', () => {
      // The loss has been reported already.
      destination.destroy()
      resolve()
    })
    destination.end()
  })
}
