/** The chain of a long text: a link for each block of it. Pure. */
import { Buffer } from 'node:buffer'
import {
  type Chain,
  type Link,
  linkOf,
  maxChainLength,
  type RequestClass,
} from '@resumelb/protocol'

/** UTF-16 units of a block, about 512 tokens of English. */
const blockLength = 2048

/**
 * Hashes a text that comes in pieces. Two texts with the same beginning have the same links for the
 * blocks of it, however the pieces were cut.
 *
 * Every block has a link, until there would be more than {@link maxChainLength}: then every second
 * one has (the 2nd, 4th, ...), then every fourth, and so on. So each link of a chain stands for as
 * many units as any other, and the links of a longer text are among those of its beginning.
 */
export class ChainBuilder {
  /** The link of the last block that is complete, or the class. */
  #parent: Link | RequestClass
  /** The beginning of the next block. */
  #rest = ''
  #blocks = 0
  /** Blocks for each link. */
  #stride = 1
  #links: Link[] = []
  #bytes = 0

  constructor(requestClass: RequestClass) {
    this.#parent = requestClass
  }

  /** Bytes of the text in UTF-8. */
  get bytes(): number {
    return this.#bytes
  }

  /** One link for each complete block, or for several. */
  get chain(): Chain {
    return this.#links
  }

  add(text: string): void {
    this.#bytes += Buffer.byteLength(text)
    let end = blockLength - this.#rest.length
    if (text.length < end) {
      this.#rest += text
      return
    }
    this.#endBlock(this.#rest + text.slice(0, end))
    for (; text.length - end >= blockLength; end += blockLength) {
      this.#endBlock(text.slice(end, end + blockLength))
    }
    this.#rest = text.slice(end)
  }

  #endBlock(block: string): void {
    this.#parent = linkOf(this.#parent, block)
    this.#blocks++
    if (this.#blocks % this.#stride !== 0) return
    if (this.#links.length === maxChainLength) {
      this.#links = this.#links.filter((_, i) => i % 2 === 1)
      this.#stride *= 2
      if (this.#blocks % this.#stride !== 0) return
    }
    this.#links.push(this.#parent)
  }
}
