/** Classes that other workers hand over to this one: it gets warm for one after the other. */
import type { HandedClass } from '@resumelb/protocol'
import type { StepContext, WarmUpStep } from './warm-up-step.ts'
import { runStep } from './warm-up-step.ts'

/** Maximum number of classes that wait. */
const maxPreparations = 1_000

export interface PreparationsContext extends Omit<StepContext, 'signal'> {
  /** How to warm up a class; undefined if there is no way. */
  stepFor(handed: HandedClass): WarmUpStep | undefined
  /** The class is warm: the load balancers are to learn that. */
  onWarm(handed: HandedClass): void
  /** One more waits, or one has ended. */
  onAdded(): void
  onEnded(): void
}

export class Preparations {
  readonly #context: PreparationsContext
  #abort: AbortController = new AbortController()
  readonly #waiting: HandedClass[] = []
  #isRunning = false

  constructor(context: PreparationsContext) {
    this.#context = context
  }

  /** A class to get warm for. Of two requests for one that waits, by two load balancers, one runs. */
  add(handed: HandedClass): void {
    if (this.#waiting.length >= maxPreparations) return
    const { requestClass } = handed
    if (this.#waiting.some((waiting) => waiting.requestClass === requestClass)) return
    this.#waiting.push(handed)
    this.#context.onAdded()
    if (!this.#isRunning) void this.#run()
  }

  /** Ends what runs at once, and forgets what waits. */
  clear(): void {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#waiting.length = 0
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { signal } = this.#abort
      const step = this.#context.stepFor(next)
      const isWarm = step !== undefined && (await runStep(step, { ...this.#context, signal }))
      if (isWarm) this.#context.onWarm(next)
      this.#context.onEnded()
    }
    this.#isRunning = false
  }
}
