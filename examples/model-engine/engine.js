/** The engine of a model server without a model: it takes the time, and makes the answers up. */
import { setTimeout as sleep } from 'node:timers/promises'
import { countTokens, PrefixCache } from './prefix-cache.js'

/**
 * @typedef {object} Speed
 * @property {number} maxTokens tokens that the prefix cache keeps
 * @property {number} prefillRate tokens of a prompt that are computed in a second, if not cached
 * @property {number} tokenTime milliseconds for each token of the answer
 */

export class Engine {
  #speed
  #cache
  /** The prefills that have been asked for: there is one at a time. */
  #prefills = Promise.resolve()
  #promptTokens = 0
  #cachedTokens = 0
  #running = 0

  /** @param {Speed} speed */
  constructor(speed) {
    this.#speed = speed
    this.#cache = new PrefixCache(speed.maxTokens)
  }

  /** Counts since the start, and the requests in progress or waiting. */
  get metrics() {
    return {
      prompt_tokens_total: this.#promptTokens,
      cached_prompt_tokens_total: this.#cachedTokens,
      kept_tokens: this.#cache.tokens,
      requests_running: this.#running,
    }
  }

  /**
   * Answers a prompt with so many tokens. Calls `onPrefill` with the tokens of the prompt when it
   * has been computed, then `onToken` with each token. Rejects if the signal is aborted.
   *
   * @param {string} prompt
   * @param {number} maxTokens
   * @param {{ onPrefill(usage: { prompt: number, cached: number }): void, onToken(text: string): void }} events
   * @param {AbortSignal} signal
   */
  async answer(prompt, maxTokens, { onPrefill, onToken }, signal) {
    this.#running++
    try {
      onPrefill(await this.#prefill(prompt, signal))
      let text = prompt
      for (let count = 0; count < maxTokens; count++) {
        await sleep(this.#speed.tokenTime, undefined, { signal })
        const token = tokenAt(count)
        text += token
        onToken(token)
      }
      // The next turn of the conversation begins with the answer to this one.
      this.#cache.add(text)
    } finally {
      this.#running--
    }
  }

  /** Takes turns with the other prompts. */
  #prefill(prompt, signal) {
    const prefilled = this.#prefills.then(() => this.#compute(prompt, signal))
    this.#prefills = prefilled.then(
      () => undefined,
      () => undefined,
    )
    return prefilled
  }

  async #compute(prompt, signal) {
    const tokens = countTokens(prompt)
    const cached = this.#cache.cachedTokens(prompt)
    const seconds = (tokens - cached) / this.#speed.prefillRate
    await sleep(1000 * seconds, undefined, { signal })
    this.#cache.add(prompt)
    this.#promptTokens += tokens
    this.#cachedTokens += cached
    return { prompt: tokens, cached }
  }
}

/** A token of as many characters as all tokens have. */
function tokenAt(count) {
  return `${count % 1000}`.padStart(4)
}
