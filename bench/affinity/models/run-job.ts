/** Users who talk with models: puts the load of one job on the balancers and measures. */
import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { Random } from '../../simulate/random.ts'
import { busyPart, processorTimes } from '../load/processor.ts'
import { ChatStream } from './chat-stream.ts'
import type { ModelJob, ModelResult, ModelSample } from './job.ts'
import { type Turn, turnsOf } from './workload.ts'

/** Milliseconds before a user who got an error asks again. */
const pauseAfterErrorMs = 50
/** Milliseconds that answers have to come after the last question that is measured. */
const lateMs = 3000

interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A question that is not answered yet. */
interface Open {
  readonly due: number
  first?: number
  failed: number
}

export class ModelJobRun {
  readonly #job: ModelJob
  readonly #pools: readonly Pool[]
  readonly #samples: ModelSample[] = []
  readonly #open = new Set<Open>()
  readonly #ended = new AbortController()
  readonly #from: number
  readonly #to: number

  constructor(job: ModelJob) {
    this.#job = job
    // Each user waits for it.
    setMaxListeners(0, this.#ended.signal)
    this.#pools = job.ports.map((port) => new Pool(`http://127.0.0.1:${port}`))
    this.#from = performance.now() + job.warmUpSeconds * 1000
    this.#to = this.#from + job.seconds * 1000
  }

  async result(): Promise<ModelResult> {
    const { users } = this.#job.workload
    const all = Array.from({ length: users }, (_, user) => this.#live(user))
    await wait(this.#from - performance.now())
    const idleBefore = performance.eventLoopUtilization()
    const processorBefore = processorTimes()
    await wait(this.#to - performance.now())
    const generatorBusy = performance.eventLoopUtilization(idleBefore).utilization
    const processorBusy = busyPart(processorBefore, processorTimes())
    const deadline = performance.now() + lateMs
    while (this.#awaitsMeasured && performance.now() < deadline) await wait(20)
    for (const open of this.#open) this.#measure(open, performance.now())
    this.#ended.abort()
    await Promise.all(this.#pools.map((pool) => pool.destroy()))
    await Promise.all(all)
    return { samples: this.#samples, generatorBusy, processorBusy }
  }

  get #awaitsMeasured(): boolean {
    return [...this.#open].some(({ due }) => this.#isMeasured(due))
  }

  #isMeasured(due: number): boolean {
    return due >= this.#from && due < this.#to
  }

  /** One user's conversations. They begin at different instants of the first second or two. */
  async #live(user: number): Promise<void> {
    const { signal } = this.#ended
    const { workload } = this.#job
    const offset = new Random(`${workload.seed}`).split(`start ${user}`).next()
    let messages: Message[] = []
    let conversation = ''
    let count = user
    try {
      await wait(2000 * workload.meanThink * offset, undefined, { signal })
      for (const turn of turnsOf(workload, user)) {
        if (turn.conversation !== conversation) {
          messages = [{ role: 'system', content: turn.system }]
        }
        conversation = turn.conversation
        await wait(1000 * turn.think, undefined, { signal })
        messages.push({ role: 'user', content: turn.question })
        const pool = this.#pools[count++ % this.#pools.length] as Pool
        messages.push({ role: 'assistant', content: await this.#ask(pool, turn, messages) })
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Asks until there is a whole answer. */
  async #ask(pool: Pool, turn: Turn, messages: readonly Message[]): Promise<string> {
    const open: Open = { due: performance.now(), failed: 0 }
    this.#open.add(open)
    for (;;) {
      const stream = await this.#attempt(pool, turn, messages, open)
      if (stream.isComplete) {
        this.#measure(open, performance.now(), stream)
        return stream.text
      }
      this.#ended.signal.throwIfAborted()
      open.failed++
      delete open.first
      await wait(pauseAfterErrorMs, undefined, { signal: this.#ended.signal })
    }
  }

  /** The answer as far as it came. */
  async #attempt(
    pool: Pool,
    { conversation, answer }: Turn,
    messages: readonly Message[],
    open: Open,
  ): Promise<ChatStream> {
    const stream = new ChatStream()
    try {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', 'x-conversation': conversation },
        body: JSON.stringify({
          model: 'small',
          messages,
          max_tokens: answer,
          stream: true,
          stream_options: { include_usage: true },
        }),
      })
      if (statusCode !== 200) await body.dump()
      else {
        for await (const part of body.setEncoding('utf8')) {
          stream.feed(part)
          if (stream.text !== '') open.first ??= performance.now() - open.due
        }
      }
    } catch {
      // Refused or cut off: the stream is not complete.
    }
    return stream
  }

  /** A question without an answer counts with what it has waited. */
  #measure(open: Open, now: number, stream?: ChatStream): void {
    this.#open.delete(open)
    const { due, first, failed } = open
    if (!this.#isMeasured(due)) return
    const end = now - due
    const { prompt = 0, cached = 0 } = stream?.usage ?? {}
    const isAnswered = stream !== undefined
    this.#samples.push({
      at: (due - this.#from) / 1000,
      first: first ?? end,
      end,
      prompt,
      cached,
      failed: isAnswered ? failed : failed + 1,
    })
  }
}
