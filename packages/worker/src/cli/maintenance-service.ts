/** Takes a worker out of service while a file exists. */
import { existsSync } from 'node:fs'
import { type Clock, type Logger, systemClock } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type { MaintenanceOptions } from '../maintenance.ts'
import type { Worker } from '../worker.ts'

/** Milliseconds between two looks for the file. */
const interval = 1_000

export class MaintenanceService implements Service {
  readonly #path: string
  readonly #worker: Pick<Worker, 'beginMaintenance' | 'endMaintenance'>
  readonly #options: MaintenanceOptions
  readonly #log: Logger
  readonly #clock: Clock
  #isOn = false
  #cancel: () => void = () => undefined

  /** Looks at once, before the worker listens. */
  constructor(
    path: string,
    worker: Pick<Worker, 'beginMaintenance' | 'endMaintenance'>,
    options: MaintenanceOptions,
    log: Logger,
    clock: Clock = systemClock,
  ) {
    this.#path = path
    this.#worker = worker
    this.#options = options
    this.#log = log
    this.#clock = clock
    this.#look()
  }

  async start(): Promise<void> {
    this.#lookLater()
  }

  async stop(): Promise<void> {
    this.#cancel()
  }

  #lookLater(): void {
    this.#cancel = this.#clock.after(interval, () => {
      this.#look()
      this.#lookLater()
    })
  }

  #look(): void {
    const isThere = existsSync(this.#path)
    if (isThere === this.#isOn) return
    this.#isOn = isThere
    const path = this.#path
    if (isThere) {
      this.#worker.beginMaintenance(this.#options)
      this.#log.info({ path }, 'in maintenance: draining')
    } else {
      this.#worker.endMaintenance()
      this.#log.info({ path }, 'maintenance has ended')
    }
  }
}
