/** The processes that serve clients: started, replaced when they end, and stopped together. */
import { awaitedClock, type Clock, systemClock, within } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import { Backoff } from '../../workers/backoff.ts'
import type { PassedSocket } from '../restart/inheritance.ts'
import { type MemberExit, MemberProcess } from './member-process.ts'
import type { Assignment } from './messages.ts'

export interface MembersOptions {
  readonly count: number
  /** The sockets that the process of this number, from 1 on, listens at. */
  readonly socketsOf: (number: number) => readonly PassedSocket[]
  /** What a process that is started now has to do; `isFirst`: none has been there before it. */
  readonly assignment: (isFirst: boolean) => Assignment
  /** Milliseconds that they have to finish requests. */
  readonly stopTimeout: number
  /** Called when they begin to leave, and accept no more connections. */
  readonly onClosing: () => void
  readonly log: pino.Logger
}

/** All processes have failed at their first start. */
export class FirstStartError extends Error {
  override readonly name = 'FirstStartError'
  /** The exit status of the first of them. */
  readonly code: number

  constructor(code: number) {
    super(`no process could be started: the first exited with ${code}`)
    this.code = code
  }
}

export class Members implements Service {
  readonly #options: MembersOptions
  /** By number; those that have ended are replaced or removed. */
  readonly #members: Map<number, MemberProcess> = new Map()
  readonly #backoffs: Map<number, Backoff> = new Map()
  readonly #cancels: Map<number, () => void> = new Map()
  /** Numbers of those that failed before any process served. */
  readonly #failed: Map<number, MemberExit> = new Map()
  readonly #clock: Clock
  #hasServed = false
  #isStopping = false
  #isHandedOver = false
  #exitCode = 0
  #starts = 0
  #onChange: () => void = () => undefined
  /** Called for each that has ended. */
  onGone: (member: MemberProcess) => void = () => undefined

  constructor(options: MembersOptions, clock: Clock = systemClock) {
    this.#options = options
    this.#clock = clock
  }

  /** Those that run, by number. */
  get running(): readonly MemberProcess[] {
    return [...this.#members.values()].sort((one, other) => one.number - other.number)
  }

  /** Of those, the ones that accept connections. */
  get serving(): readonly MemberProcess[] {
    return this.running.filter(({ state }) => state === 'serving')
  }

  get count(): number {
    return this.#options.count
  }

  /** Processes that were ever started. */
  get starts(): number {
    return this.#starts
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** 1 if one of them has not finished its requests in time. */
  get exitCode(): number {
    return this.#exitCode
  }

  /**
   * Starts all. Resolves when each serves, or has failed while another one serves. Rejects with a
   * {@link FirstStartError} if all fail.
   */
  async start(): Promise<void> {
    const { count, log } = this.#options
    for (let number = 1; number <= count; number++) this.#begin(number)
    await this.#until(() => {
      const isDone = (number: number) =>
        this.#members.get(number)?.state === 'serving' || this.#cancels.has(number)
      const numbers = Array.from({ length: count }, (_, index) => index + 1)
      return this.#failed.size === count || numbers.every(isDone)
    })
    const [first] = this.#failed.values()
    if (first !== undefined && this.#failed.size === count) {
      throw new FirstStartError(first.code ?? 1)
    }
    log.info({ pid: process.pid, processes: this.serving.length }, 'processes serve clients')
  }

  /** Another process has the clients: call {@link stop}. */
  handOver(): void {
    this.#isHandedOver = true
  }

  /** Lets all finish their requests. Ends those that take too long. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const cancel of this.#cancels.values()) cancel()
    this.#cancels.clear()
    for (const member of this.running) member.stop(this.#isHandedOver)
    const ended = this.#until(() => this.#members.size === 0)
    const { stopTimeout, log } = this.#options
    if (await within(stopTimeout, ended, awaitedClock)) return
    for (const { number, pid } of this.running) {
      log.error({ process: number, pid }, 'process did not stop: killed')
    }
    this.kill()
    await ended
  }

  /** Ends all at once. */
  kill(): void {
    for (const member of this.running) member.kill()
  }

  #begin(number: number): void {
    const { count, socketsOf, assignment, onClosing, log } = this.#options
    const isFirst = !this.#backoffs.has(number)
    if (isFirst) this.#backoffs.set(number, new Backoff(Math.random))
    this.#starts++
    let servingAt: number | undefined
    const member = new MemberProcess({ number, count }, socketsOf(number), assignment(isFirst), {
      onServing: () => {
        servingAt = this.#clock.now()
        this.#served()
      },
      onClosing: () => {
        if (this.#isStopping) onClosing()
      },
      onExit: (how) => {
        const lasted = servingAt === undefined ? 0 : this.#clock.now() - servingAt
        this.#ended(member, how, lasted)
      },
    })
    this.#members.set(number, member)
    log.debug({ process: number, pid: member.pid }, 'process started')
  }

  #served(): void {
    this.#hasServed = true
    for (const [number, how] of this.#failed) this.#replace(number, how, 0)
    this.#failed.clear()
    this.#onChange()
  }

  #ended(member: MemberProcess, how: MemberExit, lasted: number): void {
    const { number } = member
    this.#members.delete(number)
    this.onGone(member)
    if (this.#isStopping) {
      if (how.code !== 0) this.#exitCode = 1
    } else if (this.#hasServed) this.#replace(number, how, lasted, member.pid)
    else this.#failed.set(number, how)
    this.#onChange()
  }

  #replace(number: number, { code, signal }: MemberExit, lasted: number, pid?: number): void {
    const delay = Math.round((this.#backoffs.get(number) as Backoff).next(lasted))
    const facts = { process: number, pid, ...(signal === null ? { code } : { signal }) }
    this.#options.log.error(
      { ...facts, delaySeconds: delay / 1000 },
      'process has ended: starting another',
    )
    const cancel = this.#clock.after(delay, () => {
      this.#cancels.delete(number)
      this.#begin(number)
    })
    this.#cancels.set(number, cancel)
  }

  /** Only one waits at a time. */
  #until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        if (isTrue()) resolve()
      }
      this.#onChange()
    })
  }
}
