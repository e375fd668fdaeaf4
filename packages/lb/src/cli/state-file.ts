/** The file that keeps what operators change at run time: workers and settings. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { type Logger, OptionError } from '@resumelb/common'
import type { LoadBalancer } from '../load-balancer.ts'
import { changedSettings, type GivenSettings, settingChanges } from '../pool/settings.ts'
import type { RunTimeChanges } from '../workers/run-time-changes.ts'
import { parseWorker } from '../workers/worker-spec.ts'

const format = 'resumelb-state'

/** What the file contains, besides its format. */
export interface State extends RunTimeChanges {
  /** Settings that were changed; null: reset to the default of the pool. */
  readonly settings: Readonly<Record<string, number | string | null>>
}

/** What is changed at run time. */
type Changeable = Pick<LoadBalancer, 'changes' | 'restoreChanges' | 'settings' | 'updateSettings'>

export const stateTable: {
  readonly stateFile: { readonly type: 'text'; readonly form: string; readonly help: string }
} = {
  stateFile: {
    type: 'text',
    form: 'the path of a file',
    help: 'File that keeps what is changed over --admin (workers, settings) over restarts',
  },
}

export class StateFile {
  readonly #path: string
  readonly #option: string
  readonly #log: Logger

  constructor(path: string, option: string, log: Logger) {
    this.#path = path
    this.#option = option
    this.#log = log
  }

  /**
   * Makes the changes in the file again; there is no file before the first change. Throws an
   * {@link OptionError} if the file is bad.
   */
  restore(balancer: Changeable): void {
    const state = this.read()
    if (state === undefined) return
    try {
      restoreState(balancer, state)
    } catch (error) {
      throw this.#refuse((error as Error).message)
    }
    const { added, removed, drained, settings } = state
    const counts = { added: added.length, removed: removed.length, drained: drained.length }
    this.#log.info({ path: this.#path, ...counts, settings }, 'changes restored')
  }

  /** The contents of the file, if there is one. Throws an {@link OptionError} if they are bad. */
  read(): State | undefined {
    const text = this.#text()
    if (text === undefined) return undefined
    const state = this.#parse(text)
    try {
      for (const worker of state.added) parseWorker(worker, 'a worker')
    } catch (error) {
      throw this.#refuse((error as Error).message)
    }
    return state
  }

  /** Writes the file, so that there is the old one or the new one, whatever happens. */
  save(changes: State): void {
    const state = { format, version: 1, ...changes }
    const path = `${this.#path}.new`
    try {
      const file = openSync(path, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify(state, undefined, 2)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(path, this.#path)
    } catch (error) {
      const facts = { path: this.#path, error: (error as Error).message }
      this.#log.error(facts, 'cannot write the state file: a restart will undo the change')
    }
  }

  #text(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return undefined
      throw this.#refuse(message)
    }
  }

  #parse(text: string): State {
    let value: Partial<State & { format: unknown; version: unknown }> | null
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw this.#refuse((error as Error).message)
    }
    if (value?.format !== format) throw this.#refuse(`it has no "format": "${format}"`)
    if (value.version !== 1) throw this.#refuse(`its version is ${value.version}, not 1`)
    const { added = [], removed = [], drained = [], settings = {} } = value
    for (const [name, list] of Object.entries({ added, removed, drained })) {
      if (Array.isArray(list) && list.every((one) => typeof one === 'string')) continue
      throw this.#refuse(`${name} is not a list of texts`)
    }
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
      throw this.#refuse('settings is not an object')
    }
    return { added, removed, drained, settings }
  }

  #refuse(reason: string): OptionError {
    return new OptionError(this.#option, 'a state file, or absent', this.#path, { reason })
  }
}

/** The changes of a load balancer; `configured` are the settings of its configuration. */
export function stateOf({ changes, settings }: Changeable, configured: GivenSettings): State {
  const changed = settingChanges(configured, settings) as State['settings']
  return { ...changes, settings: changed }
}

/** Makes the changes again. Throws an {@link OptionError} if one is bad. */
export function restoreState(balancer: Changeable, state: State): void {
  balancer.restoreChanges(state)
  balancer.updateSettings(changedSettings(balancer.settings, state.settings))
}
