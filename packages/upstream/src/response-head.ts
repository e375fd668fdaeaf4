/** The head of a response of the upstream server. Pure. */
import { addListed, trimBlanks, withoutListed } from '@resumelb/common'
import { UpstreamFault } from './fault.ts'
import { hopName, isValue, lineEnd, readFields } from './fields.ts'

export interface UpstreamResponseHead {
  /** 100 to 999. */
  readonly status: number
  /** As received; `undefined` if there is none, or if it contains invalid characters. */
  readonly reason: string | undefined
  /** Names and values, alternating, without hop-by-hop fields. */
  readonly fields: readonly string[]
  /** How the end of the body is determined, if there is one. */
  readonly body: 'chunked' | 'length' | 'close'
  /** Bytes of the body if `body` is `length`. */
  readonly length: number
  /** Whether the server allows the connection to be reused. */
  readonly keepsAlive: boolean
  /** The protocol of an Upgrade field, if there is one. */
  readonly upgrade: string | undefined
  /**
   * How deep the server says that it was warm for the request, in X-Resumelb-Warm, which is not
   * among `fields`.
   */
  readonly warm: string | undefined
  /** Milliseconds for which the server keeps an idle connection, as it says. */
  readonly idleTimeout: number | undefined
}

const statusLine = /^HTTP\/1\.(\d) (\d\d\d)(?: (.*))?$/s

/** A length that is a safe integer. */
const length = /^\d{1,15}$/

/** Parses a head, with or without its empty line. Throws an {@link UpstreamFault}. */
export function readResponseHead(text: string): UpstreamResponseHead {
  const feed = text.indexOf('\n')
  const line = statusLine.exec(text.slice(0, feed < 0 ? text.length : lineEnd(text, feed)))
  if (line === null) throw new UpstreamFault('no status line of HTTP/1')
  const status = Number(line[2])
  if (status < 100) throw new UpstreamFault(`status ${line[2]}, expected 100 to 999`)
  const reason = line[3]
  const framing = new Framing(line[1] === '0')
  const fields = framing.read(feed < 0 ? [] : readFields(text, feed + 1))
  return {
    status,
    reason: reason === undefined || reason === '' || !isValue(reason) ? undefined : reason,
    fields,
    ...framing.result(),
  }
}

/** What the fields of a response say about its body and its connection. */
class Framing {
  readonly #isOld: boolean
  #codings: string | undefined
  #length: string | undefined
  #closes = false
  #asksToKeep = false
  #idleTimeout: number | undefined
  #upgrade: string | undefined
  #warm: string | undefined

  /** `isOld`: the server uses HTTP/1.0. */
  constructor(isOld: boolean) {
    this.#isOld = isOld
  }

  /** Removes the hop-by-hop fields. */
  read(all: string[]): string[] {
    const kept: string[] = []
    let listed: Set<string> | undefined
    for (let at = 0; at < all.length; at += 2) {
      const name = all[at] as string
      const value = all[at + 1] as string
      const hop = hopName(name)
      if (hop === 'connection') {
        this.#noteConnection(value.toLowerCase())
        listed = addListed(listed, value)
      } else if (hop !== undefined) this.#noteHop(hop, value)
      else if (isNamed(name, warmName)) this.#warm ??= value
      else if (!isNamed(name, lengthName)) kept.push(name, value)
      else if (this.#noteLength(value)) kept.push(name, this.#length as string)
    }
    return withoutListed(kept, listed)
  }

  result(): Pick<
    UpstreamResponseHead,
    'body' | 'length' | 'keepsAlive' | 'idleTimeout' | 'upgrade' | 'warm'
  > {
    const isChunked = this.#codings !== undefined
    if (isChunked && this.#codings !== 'chunked') {
      throw new UpstreamFault(`Transfer-Encoding ${this.#codings}, which is not supported`)
    }
    if (isChunked && this.#length !== undefined) {
      throw new UpstreamFault('both Content-Length and Transfer-Encoding')
    }
    const body = isChunked ? 'chunked' : this.#length === undefined ? 'close' : 'length'
    // RFC 9112 §6.1: HTTP/1.0 has no transfer codings, so nothing after such a message is trusted.
    const keeps = this.#isOld ? this.#asksToKeep && !isChunked : true
    return {
      body,
      length: Number(this.#length ?? 0),
      keepsAlive: keeps && !this.#closes,
      idleTimeout: this.#idleTimeout,
      upgrade: this.#upgrade,
      warm: this.#warm,
    }
  }

  #noteConnection(value: string): void {
    for (const option of value.split(',')) {
      if (trimBlanks(option) === 'close') this.#closes = true
      else if (trimBlanks(option) === 'keep-alive') this.#asksToKeep = true
    }
  }

  #noteHop(name: string, value: string): void {
    if (name === 'transfer-encoding') {
      const coding = value.toLowerCase()
      this.#codings = this.#codings === undefined ? coding : `${this.#codings}, ${coding}`
    } else if (name === 'upgrade') this.#upgrade ??= value
    else if (name === 'keep-alive') {
      const seconds = /\btimeout\s*=\s*(\d{1,6})/i.exec(value)?.[1]
      if (seconds !== undefined) this.#idleTimeout = Number(seconds) * 1000
    }
  }

  /** Whether this is the first one. Equal ones count as one (RFC 9110 §8.6). */
  #noteLength(value: string): boolean {
    const isFirst = this.#length === undefined
    for (const one of value.split(',')) {
      const digits = trimBlanks(one)
      this.#length ??= digits
      if (!length.test(digits) || Number(digits) !== Number(this.#length)) {
        throw new UpstreamFault(`a bad Content-Length: ${value}`)
      }
    }
    return isFirst
  }
}

const lengthName = 'content-length'

/** Says how deep an application was warm in the chain of the request. */
const warmName = 'x-resumelb-warm'

function isNamed(name: string, lowerCaseName: string): boolean {
  return name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName
}
