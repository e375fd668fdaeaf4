/** Checks the health of a worker: by a command, a URL, and its event loop. */
import {
  type Clock,
  type Logger,
  type OptionValues,
  RiseAndFall,
  systemClock,
} from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import { EventLoopMeter } from '../event-loop-meter.ts'
import { runCommand } from './health-command.ts'
import type { healthTable } from './health-options.ts'
import type { ReadinessVotes } from './readiness-votes.ts'

export type HealthValues = OptionValues<typeof healthTable>

/** Resolves with the reason if it is bad, and else with an empty text. */
type Check = () => Promise<string>

export class HealthService implements Service {
  readonly #values: HealthValues
  readonly #votes: ReadinessVotes
  readonly #log: Logger
  readonly #clock: Clock
  readonly #meter = new EventLoopMeter()
  readonly #cancels: Map<string, () => void> = new Map()
  readonly #stopped = new AbortController()

  /** The worker is not ready before the first check of a command or a URL. */
  constructor(
    values: HealthValues,
    votes: ReadinessVotes,
    log: Logger,
    clock: Clock = systemClock,
  ) {
    this.#values = values
    this.#votes = votes
    this.#log = log
    this.#clock = clock
    if (values.healthCommand !== undefined) votes.vote('health-command', false)
    if (values.healthUrl !== undefined) votes.vote('health-url', false)
  }

  async start(): Promise<void> {
    const { healthCommand, healthUrl, healthInterval, maxEventLoopDelay } = this.#values
    if (healthCommand !== undefined) {
      this.#repeat('health-command', () =>
        runCommand(healthCommand, healthInterval, this.#stopped.signal),
      )
    }
    if (healthUrl !== undefined) {
      this.#repeat('health-url', () => ask(healthUrl, healthInterval))
    }
    if (maxEventLoopDelay !== undefined) {
      this.#meter.start()
      this.#repeat('event-loop', async () => {
        const delay = this.#meter.take()
        return delay > maxEventLoopDelay ? `the event loop is ${Math.round(delay)} ms late` : ''
      })
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    for (const cancel of this.#cancels.values()) cancel()
    this.#meter.stop()
  }

  /** Checks now, and after each interval. */
  #repeat(voter: string, check: Check): void {
    const { healthRise: rise, healthFall: fall, healthInterval } = this.#values
    const health = new RiseAndFall({ rise, fall })
    const once = async () => {
      const reason = await check()
      if (this.#stopped.signal.aborted) return
      this.#cancels.set(
        voter,
        this.#clock.after(healthInterval, () => void once()),
      )
      const wasKnown = health.isHealthy !== undefined
      if (!health.take(reason === '')) return
      this.#votes.vote(voter, reason === '')
      if (reason !== '') this.#log.warn({ check: voter, reason }, 'unhealthy: not ready')
      else if (wasKnown) this.#log.info({ check: voter }, 'healthy again')
    }
    void once()
  }
}

async function ask(url: string, timeout: number): Promise<string> {
  try {
    const signal = AbortSignal.timeout(timeout)
    const response = await fetch(url, { signal, redirect: 'manual' })
    await response.body?.cancel()
    return response.status < 400 ? '' : `status ${response.status}`
  } catch (error) {
    const { name, message, cause } = error as Error
    if (name === 'TimeoutError') return `no response within ${timeout} ms`
    return cause instanceof Error ? cause.message || String(cause) : message
  }
}
