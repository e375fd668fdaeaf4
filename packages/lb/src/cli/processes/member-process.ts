/** One process that serves clients, as the primary process sees it. */
import type { ChildProcess } from 'node:child_process'
import { systemClock, within } from '@resumelb/common'
import { ChangeError } from '../../admin/changes.ts'
import type { CountedFamilies } from '../../admin/metrics.ts'
import type { PassedSocket, ProcessPlace } from '../restart/inheritance.ts'
import { startAgain } from '../restart/start-again.ts'
import type { Assignment, Notice, Order, Report, ServiceName, Services } from './messages.ts'

/** Milliseconds that it has for an answer: a busy process answers late, a stuck one never. */
const answerTimeout = 10_000

/** The same where an older answer, or that of another process, will do. */
const quickTimeout = 1_000

const quick: ReadonlySet<ServiceName> = new Set(['report', 'families', 'backlogs', 'isReady'])

export interface MemberEvents {
  /** It listens. */
  onServing(): void
  /** It accepts no more connections. */
  onClosing(): void
  onExit(how: MemberExit): void
}

export interface MemberExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export type MemberState = 'starting' | 'serving' | 'stopping' | 'gone'

export class MemberProcess {
  readonly number: number
  readonly startedAt: number = systemClock.now()
  readonly #child: ChildProcess
  readonly #asked: Map<number, (notice: Extract<Notice, { notice: 'answer' }>) => void> = new Map()
  #nextId = 1
  #state: MemberState = 'starting'
  /** The last that it has said; with `families` as old as they may be. */
  lastReport: Report | undefined
  lastFamilies: CountedFamilies | undefined

  /** Starts it, with the sockets that it is to listen at. */
  constructor(
    place: ProcessPlace,
    sockets: readonly PassedSocket[],
    assignment: Assignment,
    events: MemberEvents,
  ) {
    this.number = place.number
    this.#child = startAgain({ sockets, process: place })
    this.#child.on('message', (notice: Notice) => this.#hear(notice, events))
    this.#child.once('error', () => this.#end({ code: null, signal: null }, events))
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }, events))
    this.#order({ order: 'begin', assignment })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get state(): MemberState {
    return this.#state
  }

  /**
   * Asks it. Rejects with a {@link ChangeError} if it refuses, and with another error if it fails
   * or does not answer in time.
   */
  async ask<Name extends ServiceName>(
    name: Name,
    ...args: Parameters<Services[Name]>
  ): Promise<Awaited<ReturnType<Services[Name]>>> {
    if (this.#state === 'gone') throw new Error(`process ${this.number} has ended`)
    const id = this.#nextId++
    const answered = new Promise<Extract<Notice, { notice: 'answer' }>>((resolve) => {
      this.#asked.set(id, resolve)
    })
    this.#order({ order: 'ask', id, name, args })
    const timeout = quick.has(name) ? quickTimeout : answerTimeout
    const isInTime = await within(timeout, answered)
    this.#asked.delete(id)
    if (!isInTime) {
      throw new Error(`process ${this.number} did not answer within ${timeout / 1000} s`)
    }
    const { value, error } = await answered
    if (error?.isRefusal) throw new ChangeError(400, error.message)
    if (error !== undefined) throw new Error(`process ${this.number}: ${error.message}`)
    return value as Awaited<ReturnType<Services[Name]>>
  }

  reopen(signal: NodeJS.Signals): void {
    this.#order({ order: 'reopen', signal })
  }

  /** Lets it finish its requests and end. */
  stop(isHandedOver: boolean): void {
    if (this.#state === 'gone') return
    this.#state = 'stopping'
    this.#order({ order: 'stop', isHandedOver })
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** It may have ended. */
  #order(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  #hear(notice: Notice, events: MemberEvents): void {
    switch (notice.notice) {
      case 'serving':
        if (this.#state === 'starting') this.#state = 'serving'
        return events.onServing()
      case 'closing':
        this.#state = 'stopping'
        return events.onClosing()
      case 'answer':
        return this.#asked.get(notice.id)?.(notice)
      case 'last':
        this.lastReport = { ...notice.report, incidents: [] }
        this.lastFamilies = notice.families
    }
  }

  #end(how: MemberExit, events: MemberEvents): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    for (const [id, resolve] of this.#asked) {
      resolve({ notice: 'answer', id, error: { message: 'it has ended', isRefusal: false } })
    }
    events.onExit(how)
  }
}
