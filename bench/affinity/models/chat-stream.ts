/** Reads the answer of a model server that comes as a stream of events. */

export interface Usage {
  /** Tokens of the prompt, and those of them that were in the cache. */
  readonly prompt: number
  readonly cached: number
}

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[]
  readonly usage?: {
    readonly prompt_tokens: number
    readonly prompt_tokens_details?: { readonly cached_tokens: number }
  }
}

export class ChatStream {
  /** What has come of the answer. */
  text = ''
  usage: Usage | undefined
  /** Whether the end has come. */
  isComplete = false
  #rest = ''

  /** Takes in the next part of the body, which may end anywhere. */
  feed(part: string): void {
    const events = `${this.#rest}${part}`.split('\n\n')
    this.#rest = events.pop() ?? ''
    for (const event of events) this.#take(event.replace(/^data: /, ''))
  }

  #take(data: string): void {
    if (data === '[DONE]') {
      this.isComplete = true
      return
    }
    const { choices = [], usage } = JSON.parse(data) as Chunk
    for (const { delta } of choices) this.text += delta?.content ?? ''
    if (usage === undefined) return
    const cached = usage.prompt_tokens_details?.cached_tokens ?? 0
    this.usage = { prompt: usage.prompt_tokens, cached }
  }
}
