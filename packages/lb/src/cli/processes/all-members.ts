/** Changes all processes that serve clients, and asks all of them. */
import type { Reloaded } from '../../admin/changes.ts'
import { ChangeError, type ChangeTarget } from '../../admin/changes.ts'
import type { State } from '../state-file.ts'
import type { Members } from './members.ts'
import type { ServiceName, Services } from './messages.ts'

type Settings = Readonly<Record<string, unknown>>

type Result<Name extends ServiceName> = Awaited<ReturnType<Services[Name]>>

export class AllMembers implements ChangeTarget {
  readonly #members: Pick<Members, 'running'>
  /** What was changed at run time, for processes that are started later. */
  state: State | undefined

  constructor(members: Pick<Members, 'running'>, state: State | undefined) {
    this.#members = members
    this.state = state
  }

  /** The answers of those that answer, without the errors of the others. */
  async ask<Name extends ServiceName>(
    name: Name,
    ...args: Parameters<Services[Name]>
  ): Promise<Result<Name>[]> {
    const answers = this.#members.running.map((member) => member.ask(name, ...args))
    const settled = await Promise.allSettled(answers)
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  }

  get settings(): Promise<Settings> {
    return this.ask('settings').then(([first = {}]) => first)
  }

  async updateSettings(settings: Settings): Promise<void> {
    await this.#change('updateSettings', settings)
  }

  async addWorker(worker: string): Promise<void> {
    await this.#change('addWorker', worker)
  }

  async removeWorker(address: string): Promise<boolean> {
    return (await this.#change('removeWorker', address)).includes(true)
  }

  async drainWorker(address: string, deadline?: number): Promise<boolean> {
    return (await this.#change('drainWorker', address, deadline ?? null)).includes(true)
  }

  async readyWorker(address: string): Promise<boolean> {
    return (await this.#change('readyWorker', address)).includes(true)
  }

  /** What they say is the same, as they read the same files. */
  async reload(): Promise<Reloaded> {
    const [first] = await this.#change('reload')
    return first ?? { changed: [], restart: [] }
  }

  /**
   * Makes a change in all that run; those that end meanwhile are replaced by others that make it
   * again. Rejects with a {@link ChangeError} if not all others have made it.
   */
  async #change<Name extends ServiceName>(
    name: Name,
    ...args: Parameters<Services[Name]>
  ): Promise<Result<Name>[]> {
    const members = this.#members.running
    const settled = await Promise.allSettled(members.map((member) => member.ask(name, ...args)))
    const done = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failures = settled.flatMap((one, at) =>
      one.status === 'rejected' && members[at]?.state !== 'gone' ? [one.reason as Error] : [],
    )
    if (done.length > 0) await this.#keepState()
    const [first] = failures
    if (first === undefined) {
      if (done.length > 0) return done
      throw new ChangeError(503, 'No process runs that could make the change: try again.')
    }
    if (done.length === 0 && first instanceof ChangeError) throw first
    const reasons = failures.map(({ message }) => message).join('; ')
    throw new ChangeError(500, `Not all processes have made the change: ${reasons}.`)
  }

  async #keepState(): Promise<void> {
    const [state] = await this.ask('state')
    if (state !== undefined) this.state = state
  }
}
