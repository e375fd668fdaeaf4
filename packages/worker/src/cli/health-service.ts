/**
 * Checks the health of a worker: by a command, a URL, its event loop, and a file for maintenance.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  type Clock,
  type Logger,
  type OptionValues,
  RiseAndFall,
  systemClock,
} from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import { EventLoopMeter } from '../event-loop-meter.ts'
import type { healthTable } from './health-options.ts'
import type { ReadinessVotes } from './readiness-votes.ts'

export type HealthValues = OptionValues<typeof healthTable>

/** Resolves with the reason if it is bad, and else with an empty text. */
type Check = () => Promise<string>

/** Milliseconds between two looks for the file. */
const fileInterval = 1_000

export class HealthService implements Service {
  readonly #values: HealthValues
  readonly #votes: ReadinessVotes
  readonly #log: Logger
  readonly #clock: Clock
  readonly #meter = new EventLoopMeter()
  readonly #cancels: Map<string, () => void> = new Map()
  #isInMaintenance = false
  #isStopped = false

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
    if (values.maintenanceFile !== undefined) this.#look(values.maintenanceFile)
  }

  async start(): Promise<void> {
    const { healthCommand, healthUrl, healthInterval, maxEventLoopDelay } = this.#values
    if (healthCommand !== undefined) {
      this.#repeat('health-command', () => runCommand(healthCommand, healthInterval))
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
    this.#isStopped = true
    for (const cancel of this.#cancels.values()) cancel()
    this.#meter.stop()
  }

  /** Checks now, and after each interval. */
  #repeat(voter: string, check: Check): void {
    const { healthRise: rise, healthFall: fall, healthInterval } = this.#values
    const health = new RiseAndFall({ rise, fall })
    const once = async () => {
      const reason = await check()
      if (this.#isStopped) return
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

  #look(path: string): void {
    this.#cancels.set(
      'file',
      this.#clock.after(fileInterval, () => this.#look(path)),
    )
    const isThere = existsSync(path)
    if (isThere === this.#isInMaintenance) return
    this.#isInMaintenance = isThere
    this.#votes.vote('maintenance', !isThere)
    this.#log.info({ path }, isThere ? 'in maintenance: not ready' : 'maintenance has ended')
  }
}

function runCommand(command: string, timeout: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout, killSignal: 'SIGKILL' } as const
    execFile('/bin/sh', ['-c', command], options, (error) => {
      if (error === null) resolve('')
      else if (error.killed) resolve(`not finished within ${timeout} ms`)
      else resolve(`exit status ${error.code ?? error.signal}`)
    })
  })
}

async function ask(url: string, timeout: number): Promise<string> {
  try {
    const signal = AbortSignal.timeout(timeout)
    const response = await fetch(url, { signal, redirect: 'manual' })
    await response.body?.cancel()
    return response.status < 400 ? '' : `status ${response.status}`
  } catch (error) {
    const { message, cause } = error as Error
    return cause instanceof Error ? cause.message || String(cause) : message
  }
}
