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
}

export class Preparations {
  readonly #context: PreparationsContext
  readonly #abort: AbortController = new AbortController()
  readonly #waiting: HandedClass[] = []
  #isRunning = false

  constructor(context: PreparationsContext) {
    this.#context = context
  }

  /** A class to get warm for. */
  add(handed: HandedClass): void {
    if (this.#abort.signal.aborted || this.#waiting.length >= maxPreparations) return
    this.#waiting.push(handed)
    if (!this.#isRunning) void this.#run()
  }

  /** Ends at once, and takes no more. */
  stop(): void {
    this.#abort.abort()
    this.#waiting.length = 0
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    const { signal } = this.#abort
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const step = this.#context.stepFor(next)
      const isWarm = step !== undefined && (await runStep(step, { ...this.#context, signal }))
      if (isWarm) this.#context.onWarm(next)
    }
    this.#isRunning = false
  }
}
