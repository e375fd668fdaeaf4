/** Writes the access log: a line per request, and lines for what is refused before there is one. */
import { openSync } from 'node:fs'
import { type Clock, systemClock } from '@resumelb/common'
import { watchForLoss } from '@resumelb/common/pino'
import pino from 'pino'
import type { EndedRequest } from '../events.ts'
import { type LineFormat, lineFormatOf } from './log-format.ts'
import type { Refusal } from './refusal.ts'
import { RepeatedLines } from './repeated-lines.ts'

/** Bytes collected before a write, so that a busy log takes few system calls. */
const minLength = 8 * 1024

/** Milliseconds after which collected lines are written in any case. */
const flushInterval = 1_000

/** Bytes that may be pending if a disk or a pipe stalls. Further lines are lost. */
const maxLength = 16 * 1024 * 1024

type Destination = ReturnType<typeof pino.destination>

/** The file of the access log, or standard output. */
export class AccessLog {
  readonly #path: string
  readonly #format: LineFormat
  readonly #onError: (error: Error) => void
  readonly #refusals: RepeatedLines<Refusal>
  #destination: Destination
  #isClosed = false

  /**
   * Opens the file, to append to it; `-` is standard output. Throws if it cannot be opened.
   * `onError` is called when lines are lost: once, and again after {@link reopen}.
   */
  constructor(
    path: string,
    onError: (error: Error) => void,
    format: LineFormat = lineFormatOf('combined'),
    clock: Clock = systemClock,
  ) {
    this.#path = path
    this.#format = format
    this.#refusals = new RepeatedLines((refusal) => this.#write(format.ofRefusal(refusal)), clock)
    this.#onError = onError
    this.#destination = this.#open()
  }

  /** Does nothing after {@link close}: responses that end later are not logged. */
  write(ended: EndedRequest): void {
    this.#write(this.#format.ofRequest(ended))
  }

  /** Input, or a connection, was refused before it was a request. Many of a kind are summed up. */
  writeRefusal(refusal: Refusal): void {
    if (!this.#isClosed) this.#refusals.write(refusal, '', refusal.failure)
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
    this.#refusals.flush()
    this.#isClosed = true
    await finish(this.#destination)
  }

  #write(line: string): void {
    if (!this.#isClosed) this.#destination.write(`${line}\n`)
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
