/**
 * The trace log: every step of every request, to find out afterwards what a worker was doing.
 *
 * A line is a code, the request's id, the time in UTC, and details, with a space between each, as
 * in Zope's zc.zservertracelog:
 *
 *     S 0 2026-11-21T10:00:00.000Z                    the process has started
 *     B lb1-17 2026-11-21T10:00:01.000Z GET /a?b      a request has come
 *     I lb1-17 2026-11-21T10:00:01.001Z 0             its body is here, of so many bytes
 *     C lb1-17 2026-11-21T10:00:01.001Z               the handler is called
 *     - lb1-17 2026-11-21T10:00:01.002Z 42 rows       the application's own record
 *     A lb1-17 2026-11-21T10:00:01.003Z 200 1234      the handler is done: status, bytes
 *     E lb1-17 2026-11-21T10:00:01.003Z               the response has left, or was given up
 *     X 0 2026-11-21T10:00:09.000Z                    the process ends
 */
import { openSync } from 'node:fs'
import { watchForLoss } from '@resumelb/common/pino'
import { pino } from 'pino'

export type TraceCode = 'S' | 'B' | 'I' | 'C' | 'A' | 'E' | 'X'

/** What a trace log needs of a file. */
export interface TraceFile {
  write(text: string): unknown
  end(): void
}

/** Bytes collected before a write. */
const minLength = 4096

/** Maximum bytes that wait for a slow disk; further lines are lost. */
const maxLength = 16 * 1024 * 1024

/** Milliseconds after which collected lines are written in any case. */
const periodicFlush = 1_000

export class TraceLog {
  readonly #file: TraceFile
  readonly #now: () => Date

  /**
   * Appends to the file at `path`. Throws if it cannot be opened; `onError` is called once if later
   * writes fail, for instance because the disk is full.
   */
  static open(path: string, onError: (error: Error) => void): TraceLog {
    const dest = openSync(path, 'a')
    const file = pino.destination({ dest, sync: false, minLength, maxLength, periodicFlush })
    watchForLoss(file, onError)
    return new TraceLog(file)
  }

  constructor(file: TraceFile, now: () => Date = () => new Date()) {
    this.#file = file
    this.#now = now
    this.#write('S', '0', '')
  }

  /** One line. Line ends in the details become spaces. */
  write(code: TraceCode, id: string, details: string | number = ''): void {
    this.#write(code, id, String(details))
  }

  /** A record of the application. `code` should be a single character. */
  note(id: string, text: string, code: string = '-'): void {
    this.#write(code, id, text)
  }

  close(): void {
    this.#write('X', '0', '')
    this.#file.end()
  }

  #write(code: string, id: string, details: string): void {
    const line = `${code} ${id} ${this.#now().toISOString()} ${details}`
    this.#file.write(`${line.replace(/[\r\n]+/g, ' ').trimEnd()}\n`)
  }
}
