/** What operators change over the admin server. Every change is logged, with who made it. */
import type { Logger } from '@resumelb/common'
import { changedSettings } from '../pool/settings.ts'
import type { Eventually } from './backend.ts'
import type { Incidents } from './incidents.ts'

/** Seconds of the longest deadline. */
const maxDeadline = 86_400

/** Who makes a change. */
export interface Author {
  /** The address of the peer; `unix socket` for one. */
  readonly client: string
  /** The name that the client gives itself in X-Admin-User; empty if it gives none. */
  readonly user: string
}

/** What is changed: a load balancer, or several as one. */
export interface ChangeTarget {
  readonly settings: Eventually<Settings>
  updateSettings(settings: Settings): Eventually<void>
  addWorker(worker: string): Eventually<void>
  removeWorker(address: string): Eventually<boolean>
  drainWorker(address: string, deadline?: number): Eventually<boolean>
  readyWorker(address: string): Eventually<boolean>
}

type Settings = Readonly<Record<string, unknown>>

/** A change was not made, or not everywhere; the message says why. */
export class ChangeError extends Error {
  override readonly name = 'ChangeError'
  /** That of HTTP. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What became of a change: an HTTP status and a JSON document. */
export interface ChangeAnswer {
  readonly status: number
  readonly document: Readonly<Record<string, unknown>>
}

/** What has become of a configuration that was read again: names of options. */
export interface Reloaded {
  /** Those that have changed, and count now. */
  readonly changed: readonly string[]
  /** Those that have changed, and will count after a restart. */
  readonly restart: readonly string[]
}

/** Reads the configuration again. Rejects with the reason, and changes nothing, if it is bad. */
export type Reload = () => Promise<Reloaded>

/** What a program adds to the changes. */
export interface ChangeHooks {
  /** Reads the configuration again at POST /reload; without, that is refused. */
  readonly reload?: Reload
  /** Called after each change of workers or settings, for instance to save `changes`. */
  readonly onChange?: () => void
}

export class Changes {
  readonly #target: ChangeTarget
  readonly #incidents: Incidents
  readonly #log: Logger
  readonly #hooks: ChangeHooks

  constructor(target: ChangeTarget, incidents: Incidents, log: Logger, hooks: ChangeHooks = {}) {
    this.#target = target
    this.#incidents = incidents
    this.#log = log
    this.#hooks = hooks
  }

  /** Adds a worker to the list. Rejects with an OptionError. */
  async add(worker: string, author: Author): Promise<ChangeAnswer> {
    await this.#target.addWorker(worker)
    this.#tell(worker, `added by ${nameOf(author)}`)
    this.#log.warn({ worker, ...author }, 'worker added by the operator')
    return done({ worker })
  }

  /** Removes a worker from the list; it finishes its requests. */
  async remove(worker: string, author: Author): Promise<ChangeAnswer> {
    if (!(await this.#target.removeWorker(worker))) return noWorker(worker)
    this.#tell(worker, `removed by ${nameOf(author)}`)
    this.#log.warn({ worker, ...author }, 'worker removed by the operator')
    return done({ worker })
  }

  /**
   * Keeps new requests from a worker; requests that are unfinished after `deadlineSeconds` are
   * aborted.
   */
  async drain(worker: string, body: Settings, author: Author): Promise<ChangeAnswer> {
    const { deadlineSeconds } = body
    if (!(deadlineSeconds === undefined || isDeadline(deadlineSeconds))) {
      return bad(`Expected deadlineSeconds to be a number from 0 to ${maxDeadline}.`)
    }
    const deadline = deadlineSeconds === undefined ? undefined : deadlineSeconds * 1000
    if (!(await this.#target.drainWorker(worker, deadline))) return noWorker(worker)
    const end = deadlineSeconds === undefined ? '' : `, with a deadline of ${deadlineSeconds} s`
    this.#tell(worker, `drained by ${nameOf(author)}${end}`)
    const facts = { worker, ...author, ...(deadlineSeconds !== undefined && { deadlineSeconds }) }
    this.#log.warn(facts, 'worker drained by the operator')
    return done({ worker, isHeld: true })
  }

  /** Lets a worker have requests again. */
  async ready(worker: string, author: Author): Promise<ChangeAnswer> {
    if (!(await this.#target.readyWorker(worker))) return noWorker(worker)
    this.#tell(worker, `made ready by ${nameOf(author)}`)
    this.#log.warn({ worker, ...author }, 'worker made ready by the operator')
    return done({ worker, isHeld: false })
  }

  /** Changes settings of the pool; null resets one to its default. Rejects with an OptionError. */
  async set(body: Settings, author: Author): Promise<ChangeAnswer> {
    const before = await this.#target.settings
    const after = changedSettings(before, body)
    await this.#target.updateSettings(after)
    this.#tell(null, `settings changed by ${nameOf(author)}: ${JSON.stringify(body)}`)
    this.#log.warn({ before, after, ...author }, 'settings changed by the operator')
    return done({ settings: after })
  }

  /** Reads the configuration again, if there is one. */
  async reload(author: Author): Promise<ChangeAnswer> {
    const { reload } = this.#hooks
    if (reload === undefined) return bad('This load balancer has no configuration to read.')
    this.#log.warn({ ...author }, 'configuration reload requested by the operator')
    try {
      const reloaded = await reload()
      this.#tell(null, `configuration reloaded by ${nameOf(author)}`)
      return done({ ...reloaded })
    } catch (error) {
      if (error instanceof ChangeError) throw error
      return bad((error as Error).message)
    }
  }

  #tell(worker: string | null, text: string): void {
    this.#incidents.add('changed', worker, text)
    this.#hooks.onChange?.()
  }
}

function isDeadline(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxDeadline
}

function nameOf({ client, user }: Author): string {
  return user === '' ? client : `${user} (${client})`
}

function done(document: Readonly<Record<string, unknown>>): ChangeAnswer {
  return { status: 200, document }
}

function bad(error: string): ChangeAnswer {
  return { status: 400, document: { error } }
}

function noWorker(worker: string): ChangeAnswer {
  return { status: 404, document: { error: `There is no worker ${worker}.` } }
}
