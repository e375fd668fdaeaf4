/** A worker that has started without classes: a load balancer chooses some for it to warm up. */
import type { Clock, Logger } from '@resumelb/common'
import type { Connection, WarmUpProgress } from '@resumelb/protocol'

export interface JoiningContext {
  readonly log: Logger
  readonly clock: Clock
  /** Milliseconds after which the worker takes requests in any case. */
  readonly timeout: number
  /** The load balancers that know hand-overs, the one that plans first. */
  balancers(): readonly Connection[]
  /** It begins to join, or has joined: its state is another one. */
  onChange(): void
}

/**
 * While it joins, the worker is warming. It asks one load balancer, which sends it classes, and
 * says when it knows no more.
 */
export class Joining {
  readonly #context: JoiningContext
  /** `due`: as soon as there is a load balancer. */
  #phase: 'not due' | 'due' | 'asking' | 'preparing' | 'over' = 'not due'
  #planner: Connection | undefined
  #startedAt = 0
  #total = 0
  #done = 0
  #cancel: () => void = () => undefined

  constructor(context: JoiningContext) {
    this.#context = context
  }

  /** How far it is; absent if it does not join, or has joined. */
  get progress(): WarmUpProgress | undefined {
    const isJoining = this.#phase === 'asking' || this.#phase === 'preparing'
    return isJoining ? { done: this.#done, total: this.#total } : undefined
  }

  /** The worker is ready, and has no classes. */
  begin(): void {
    if (this.#phase !== 'not due') return
    this.#phase = 'due'
    this.onConnected()
  }

  /** A load balancer has connected. */
  onConnected(): void {
    const [planner] = this.#context.balancers()
    if (this.#phase !== 'due' || planner === undefined) return
    this.#phase = 'asking'
    this.#startedAt = this.#context.clock.now()
    this.#cancel = this.#context.clock.after(this.#context.timeout, () => this.stop())
    this.#context.onChange()
    this.#ask(planner)
  }

  /** The connection to a load balancer has ended. If it was to choose, another one does. */
  onLost(connection: Connection): void {
    if (this.#phase !== 'asking' || this.#planner !== connection) return
    const [next] = this.#context.balancers()
    if (next === undefined) this.onAll()
    else this.#ask(next)
  }

  /** There is a class more to warm up. */
  onAdded(): void {
    this.#total++
  }

  /** One was warmed up, or could not be. */
  onEnded(): void {
    this.#done++
    this.#lookWhetherOver()
  }

  /** The load balancer knows no more classes. */
  onAll(): void {
    if (this.#phase !== 'asking') return
    this.#phase = 'preparing'
    this.#lookWhetherOver()
  }

  /** The worker takes requests now. */
  stop(): void {
    const wasJoining = this.progress !== undefined
    this.#phase = 'over'
    this.#cancel()
    if (!wasJoining) return
    const { log, clock, onChange } = this.#context
    const seconds = (clock.now() - this.#startedAt) / 1000
    log.info({ done: this.#done, total: this.#total, seconds }, 'classes taken over')
    onChange()
  }

  #ask(planner: Connection): void {
    this.#planner = planner
    planner.sendHandOver({ step: 'joining' })
  }

  #lookWhetherOver(): void {
    if (this.#phase === 'preparing' && this.#done >= this.#total) this.stop()
  }
}
