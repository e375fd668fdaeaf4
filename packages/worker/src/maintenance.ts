/** A worker that is out of service for a time: what it still takes, and for how long. */
import type { Clock } from '@resumelb/common'
import type { Balancers } from './balancers.ts'
import { upgradeDrainTable } from './options.ts'
import type { UpgradeExchange } from './upgrade/upgrade-exchange.ts'

/** How a worker is taken out of service. The first two times begin with the maintenance. */
export interface MaintenanceOptions {
  /**
   * Milliseconds for which requests of sessions are still taken, if a load balancer keeps sessions
   * (`--sticky`); 0 if not given.
   */
  readonly sessionTime?: number
  /**
   * Milliseconds after which upgraded connections, such as WebSockets, are closed; 60,000 if not
   * given.
   */
  readonly upgradeTime?: number
  /**
   * Milliseconds before the maintenance in which classes are handed over, as in
   * `Worker.handOver`; 0 if not given.
   */
  readonly handOverTime?: number
}

/** What maintenance needs of its worker. */
export interface MaintenanceContext {
  readonly balancers: Balancers
  readonly clock: Clock
  /** Tells the load balancers what has changed. */
  publish(): void
  /** Hands the classes over, in so many milliseconds at most. */
  handOver(time: number): Promise<void>
  /** Ends that. */
  stay(): void
  /** The upgraded connections. */
  readonly upgraded: Iterable<Pick<UpgradeExchange, 'goAway'>>
}

const usualUpgradeTime = upgradeDrainTable.upgradeDrainTimeout.default

export class Maintenance {
  readonly #context: MaintenanceContext
  #isOn = false
  /** The hand-over before it. */
  #coming: Promise<void> | undefined
  #takesSessions = false
  /** Cancel what is due later. */
  #cancels: readonly (() => void)[] = []

  constructor(context: MaintenanceContext) {
    this.#context = context
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** Requests of sessions are still taken. */
  get takesSessions(): boolean {
    return this.#takesSessions
  }

  begin(options: MaintenanceOptions): void {
    const { handOverTime = 0 } = options
    if (this.#isOn || this.#coming !== undefined) return
    if (handOverTime === 0) return this.#enter(options)
    const coming = this.#context.handOver(handOverTime)
    this.#coming = coming
    void coming.then(() => {
      if (this.#coming !== coming) return
      this.#coming = undefined
      this.#enter(options)
    })
  }

  #enter({ sessionTime = 0, upgradeTime = usualUpgradeTime }: MaintenanceOptions): void {
    const { balancers, clock, publish, upgraded } = this.#context
    this.#isOn = true
    this.#takesSessions = sessionTime > 0 && balancers.keepSessions
    const endSessions = () => {
      this.#takesSessions = false
      publish()
    }
    const endUpgraded = () => {
      for (const each of [...upgraded]) each.goAway()
    }
    this.#cancels = [clock.after(sessionTime, endSessions), clock.after(upgradeTime, endUpgraded)]
    publish()
  }

  end(): void {
    if (this.#coming !== undefined) {
      this.#coming = undefined
      this.#context.stay()
    }
    if (!this.#isOn) return
    this.stop()
    this.#context.publish()
  }

  /** As {@link end}, of a worker that is about to stop: publishes nothing. */
  stop(): void {
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
    this.#coming = undefined
    this.#isOn = false
    this.#takesSessions = false
  }
}
