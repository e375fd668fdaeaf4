/** What operators change over the admin server. Every change is logged, with who made it. */
import type { Logger } from '@resumelb/common'
import { changedSettings } from '../pool/settings.ts'
import type { AdminSource } from './admin-source.ts'
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
  readonly #source: AdminSource
  readonly #incidents: Incidents
  readonly #log: Logger
  readonly #hooks: ChangeHooks

  constructor(source: AdminSource, incidents: Incidents, log: Logger, hooks: ChangeHooks = {}) {
    this.#source = source
    this.#incidents = incidents
    this.#log = log
    this.#hooks = hooks
  }

  /** Adds a worker to the list. Throws an OptionError. */
  add(worker: string, author: Author): ChangeAnswer {
    this.#source.addWorker(worker)
    this.#tell(worker, `added by ${nameOf(author)}`)
    this.#log.warn({ worker, ...author }, 'worker added by the operator')
    return done({ worker })
  }

  /** Removes a worker from the list; it finishes its requests. */
  remove(worker: string, author: Author): ChangeAnswer {
    if (!this.#source.removeWorker(worker)) return noWorker(worker)
    this.#tell(worker, `removed by ${nameOf(author)}`)
    this.#log.warn({ worker, ...author }, 'worker removed by the operator')
    return done({ worker })
  }

  /**
   * Keeps new requests from a worker; requests that are unfinished after `deadlineSeconds` are
   * aborted.
   */
  drain(worker: string, body: Readonly<Record<string, unknown>>, author: Author): ChangeAnswer {
    const { deadlineSeconds } = body
    if (!(deadlineSeconds === undefined || isDeadline(deadlineSeconds))) {
      return bad(`Expected deadlineSeconds to be a number from 0 to ${maxDeadline}.`)
    }
    const deadline = deadlineSeconds === undefined ? undefined : deadlineSeconds * 1000
    if (!this.#source.drainWorker(worker, deadline)) return noWorker(worker)
    const end = deadlineSeconds === undefined ? '' : `, with a deadline of ${deadlineSeconds} s`
    this.#tell(worker, `drained by ${nameOf(author)}${end}`)
    const facts = { worker, ...author, ...(deadline !== undefined && { deadline }) }
    this.#log.warn(facts, 'worker drained by the operator')
    return done({ worker, isHeld: true })
  }

  /** Lets a worker have requests again. */
  ready(worker: string, author: Author): ChangeAnswer {
    if (!this.#source.readyWorker(worker)) return noWorker(worker)
    this.#tell(worker, `made ready by ${nameOf(author)}`)
    this.#log.warn({ worker, ...author }, 'worker made ready by the operator')
    return done({ worker, isHeld: false })
  }

  /** Changes settings of the pool; null resets one to its default. Throws an OptionError. */
  set(body: Readonly<Record<string, unknown>>, author: Author): ChangeAnswer {
    const before = this.#source.settings
    const after = changedSettings(before, body)
    this.#source.updateSettings(after)
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
