/** Decodes the chunked coding of a body (RFC 9112 §7.1) strictly. Pure. */
import { readLatin1 } from '@resumelb/common'
import { knownField } from '../../http/known-fields.ts'
import { fieldsOf } from './general-head.ts'

/**
 * Maximum number of bytes of all chunk extensions of a body. They are of no use except for attacks.
 */
const maxExtensions = 16 * 1024

/** Maximum number of hexadecimal digits of a chunk size, so that it is a safe integer. */
const maxSizeDigits = 12

const token = "[\\w!#$%&'*+.^`|~-]+"
const quoted =
  '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"'

/** As Node's parser has it: without the blanks that RFC 9112 lets recipients put up with. */
const sizeLine = new RegExp(
  `^([\\da-f]{1,${maxSizeDigits}})(?:;${token}(?:=(?:${token}|${quoted}))?)*$`,
  'i',
)

/** Matches the beginning of such a line. */
const sizeStart = new RegExp(`^[\\da-f]{1,${maxSizeDigits}}(?:;[^\\n]*|\\r)?$`, 'i')

const lineFeed = 10

/** The result of decoding bytes of a body. */
export interface Decoded {
  readonly data: readonly Buffer[]
  /** The number of bytes that belong to the body, if it ends within them. */
  readonly end: number | undefined
}

type State =
  | 'size'
  | 'data'
  /** The line end after the data of a chunk. */
  | 'afterData'
  | 'trailers'

type Outcome = 'bad' | 'more' | 'over'

export class ChunkedDecoder {
  readonly #maxTrailers: number
  #state: State = 'size'
  /** Bytes of the current chunk that have not arrived. */
  #owed = 0
  #extensions = 0
  /** The received part of a line, or of the trailers. */
  #line = ''
  readonly #trailers: string[] = []

  /** `maxTrailers`: maximum number of bytes of the trailer section. */
  constructor(maxTrailers: number) {
    this.#maxTrailers = maxTrailers
  }

  /**
   * Names and values, in turn, once the body has ended. Those that would change the message are
   * left out.
   */
  get trailers(): string[] {
    return this.#trailers
  }

  /** Decodes the next bytes; `undefined` if they are invalid. */
  decode(bytes: Buffer): Decoded | undefined {
    const data: Buffer[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#owed)
        data.push(piece)
        at += piece.length
        this.#owed -= piece.length
        if (this.#owed === 0) this.#state = 'afterData'
        continue
      }
      const lineFeedAt = bytes.indexOf(lineFeed, at)
      const lineEnd = lineFeedAt < 0 ? bytes.length : lineFeedAt + 1
      this.#line += readLatin1(bytes, at, lineEnd)
      at = lineEnd
      const outcome = this.#isTooLong() ? 'bad' : this.#onText(lineFeedAt >= 0)
      if (outcome === 'bad') return undefined
      if (outcome === 'over') return { data, end: at }
    }
    return { data, end: undefined }
  }

  #isTooLong(): boolean {
    if (this.#state === 'trailers') return this.#line.length > this.#maxTrailers
    if (this.#state === 'afterData') return this.#line.length > 2
    return this.#line.length + this.#extensions > maxExtensions + maxSizeDigits
  }

  /** Reads a line, or the beginning of one. */
  #onText(isWhole: boolean): Outcome {
    const line = this.#line
    if (!isWhole) return this.#mayBecomeLine() ? 'more' : 'bad'
    if (!line.endsWith('\r\n')) return 'bad'
    if (this.#state === 'trailers') return this.#onTrailerLine()
    this.#line = ''
    if (this.#state === 'size') return this.#onSizeLine(line.slice(0, -2))
    this.#state = 'size'
    return line === '\r\n' ? 'more' : 'bad'
  }

  #mayBecomeLine(): boolean {
    if (this.#state === 'trailers') return true
    return this.#state === 'size' ? sizeStart.test(this.#line) : this.#line === '\r'
  }

  #onSizeLine(line: string): Outcome {
    const found = sizeLine.exec(line)
    if (found === null) return 'bad'
    const digits = found[1] as string
    this.#extensions += line.length - digits.length
    this.#owed = Number.parseInt(digits, 16)
    this.#state = this.#owed === 0 ? 'trailers' : 'data'
    return 'more'
  }

  #onTrailerLine(): Outcome {
    const text = this.#line
    if (text !== '\r\n' && !text.endsWith('\r\n\r\n')) return 'more'
    const fields = fieldsOf(text.split('\r\n').filter((line) => line !== ''))
    if (fields === undefined) return 'bad'
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at] as string
      if (knownField(name) === undefined) this.#trailers.push(name, fields[at + 1] as string)
    }
    return 'over'
  }
}
