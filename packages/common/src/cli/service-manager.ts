/** Tells systemd the state of the service, as sd_notify(3) does, and keeps its watchdog quiet. */
import { execFile } from 'node:child_process'
import { type Clock, systemClock } from '../clock.ts'
import type { Logger } from '../logger.ts'

/** Milliseconds that systemd's command may take. */
const commandTimeout = 5_000

/** Pings within the time after which systemd takes the service for dead. */
const pingsPerTimeout = 3

/** Milliseconds in which changes of the status are one message. */
const statusInterval = 1_000

/** Milliseconds by which stopping may be late: the last writes to logs, for one. */
const stopMargin = 10_000

type Environment = Record<string, string | undefined>

export interface ServiceManagerOptions {
  readonly log: Logger
  /** Whether the service does its work: a watchdog is not told so otherwise. */
  readonly isWell?: () => boolean
  /** One line for `systemctl status`. */
  readonly status?: () => string
  /** Of this process. What is only for this process is removed from it. */
  readonly environment?: Environment
  readonly clock?: Clock
}

/**
 * The connection to the service manager that has started this process. Without one, all methods do
 * nothing.
 *
 * Node.js has no datagram sockets on paths, so systemd's own command `systemd-notify` sends the
 * messages. A unit needs `NotifyAccess=all` for that.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions
  readonly #environment: Environment
  readonly #clock: Clock
  /** Milliseconds between pings; `undefined` without a watchdog. */
  readonly #pingInterval: number | undefined
  /** Messages are sent one after the other, in their order. */
  #last: Promise<void> = Promise.resolve()
  #hasLeft = false
  #isStatusDue = false

  constructor(options: ServiceManagerOptions) {
    this.#options = options
    this.#environment = options.environment ?? process.env
    this.#clock = options.clock ?? systemClock
    this.#pingInterval = takePingInterval(this.#environment)
  }

  /**
   * This process serves, and is the main one of its service. Resolves when systemd knows, and pings
   * its watchdog from then on.
   */
  async ready(): Promise<void> {
    await this.#send('READY=1', `MAINPID=${process.pid}`, ...this.#status())
    this.#pingLater()
  }

  /** The status has changed: systemd gets it within a second. */
  statusChanged(): void {
    if (this.#isStatusDue || !this.#isManaged || this.#hasLeft) return
    this.#isStatusDue = true
    this.#clock.after(statusInterval, () => {
      this.#isStatusDue = false
      if (!this.#hasLeft) void this.#send(...this.#status())
    })
  }

  /** Reloads the configuration; systemd waits for the end of it. */
  async reload(work: () => Promise<void>): Promise<void> {
    if (this.#hasLeft) return work()
    const microseconds = process.hrtime.bigint() / 1_000n
    void this.#send('RELOADING=1', `MONOTONIC_USEC=${microseconds}`)
    await work()
    // Otherwise systemd would take a process that is stopping for one that serves.
    if (!this.#hasLeft) await this.#send('READY=1', ...this.#status())
  }

  /** This process stops, which takes at most so many milliseconds: systemd waits for as long. */
  stopping(time: number): void {
    this.leave()
    const microseconds = Math.ceil((time + stopMargin) * 1_000)
    const status = this.#options.status === undefined ? [] : ['STATUS=stopping']
    void this.#send('STOPPING=1', `EXTEND_TIMEOUT_USEC=${microseconds}`, ...status)
  }

  /** Another process is the main one from now on, or none: the watchdog gets no more pings. */
  leave(): void {
    this.#hasLeft = true
  }

  #pingLater(): void {
    const interval = this.#pingInterval
    if (interval === undefined || !this.#isManaged || this.#hasLeft) return
    this.#clock.after(interval, () => {
      void this.#ping().then(() => this.#pingLater())
    })
  }

  async #ping(): Promise<void> {
    if (this.#hasLeft) return
    const { isWell = () => true, log } = this.#options
    if (isWell()) await this.#send('WATCHDOG=1')
    else log.error({}, 'not listening: the watchdog gets no ping')
  }

  #status(): string[] {
    const { status } = this.#options
    return status === undefined ? [] : [`STATUS=${status()}`]
  }

  get #isManaged(): boolean {
    return Boolean(this.#environment['NOTIFY_SOCKET'])
  }

  #send(...states: readonly string[]): Promise<void> {
    if (!this.#isManaged) return this.#last
    const { log } = this.#options
    this.#last = this.#last.then(() => notify(states, this.#environment, log))
    return this.#last
  }
}

async function notify(states: readonly string[], env: Environment, log: Logger): Promise<void> {
  await new Promise<void>((resolve) => {
    const options = { timeout: commandTimeout, env: env as NodeJS.ProcessEnv }
    execFile('systemd-notify', states, options, (error) => {
      if (error !== null) log.warn({ error: error.message }, 'cannot notify systemd')
      resolve()
    })
  })
}

/**
 * As sd_watchdog_enabled(3). The variable with the number of this process is removed, so that a
 * process that takes over pings, too.
 */
function takePingInterval(environment: Environment): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = environment
  const microseconds = Number(WATCHDOG_USEC)
  if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid) return undefined
  delete environment['WATCHDOG_PID']
  if (!(Number.isSafeInteger(microseconds) && microseconds > 0)) return undefined
  return microseconds / 1_000 / pingsPerTimeout
}
