/** The body of a request as classifiers see it. */
import type { Buffer } from 'node:buffer'

/** The whole body of a request. */
export interface BodyView {
  readonly bytes: Buffer
  /** The bytes as UTF-8. */
  readonly text: string
  /** The parsed text; `undefined` if it is not JSON. */
  readonly json: unknown
}

/** A body that was read before its request is classified. */
export class ReadBody implements BodyView {
  readonly bytes: Buffer
  #json: { readonly value: unknown } | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get text(): string {
    return this.bytes.toString('utf8')
  }

  /** Parsed on first use. */
  get json(): unknown {
    this.#json ??= { value: parsed(this.text) }
    return this.#json.value
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
