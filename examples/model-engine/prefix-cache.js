/**
 * The prefix cache of a model server, as that of vLLM: blocks of tokens, each known by the hash of
 * all text up to its end, of which the least recently used make room for new ones.
 */
import { createHash } from 'node:crypto'

/** Characters of a token: a rule of thumb, instead of a tokeniser. */
const tokenLength = 4

/** Tokens of a block. */
const blockTokens = 16

const blockLength = blockTokens * tokenLength

/** @param {string} text */
export function countTokens(text) {
  return Math.ceil(text.length / tokenLength)
}

export class PrefixCache {
  #maxBlocks
  /** Hashes of blocks, the least recently used first. */
  #blocks = new Set()

  /** @param {number} maxTokens how many are kept at most */
  constructor(maxTokens) {
    this.#maxBlocks = Math.floor(maxTokens / blockTokens)
  }

  /** Tokens that are kept. */
  get tokens() {
    return this.#blocks.size * blockTokens
  }

  /**
   * How many leading tokens of a text are kept. The last one always has to be computed.
   *
   * @param {string} text
   */
  cachedTokens(text) {
    const hashes = hashesOf(text)
    const missing = hashes.findIndex((hash) => !this.#blocks.has(hash))
    const tokens = (missing < 0 ? hashes.length : missing) * blockTokens
    return Math.max(0, Math.min(tokens, countTokens(text) - 1))
  }

  /**
   * Keeps the whole blocks of a text. Those at its end make room before those at its beginning,
   * which are worth nothing without one another.
   *
   * @param {string} text
   */
  add(text) {
    for (const hash of hashesOf(text).reverse()) {
      this.#blocks.delete(hash)
      this.#blocks.add(hash)
    }
    for (const hash of this.#blocks) {
      if (this.#blocks.size <= this.#maxBlocks) break
      this.#blocks.delete(hash)
    }
  }
}

/** @param {string} text */
function hashesOf(text) {
  const hashes = []
  let hash = ''
  for (let at = blockLength; at <= text.length; at += blockLength) {
    const block = text.slice(at - blockLength, at)
    hash = createHash('sha1').update(hash).update(block).digest('base64')
    hashes.push(hash)
  }
  return hashes
}
