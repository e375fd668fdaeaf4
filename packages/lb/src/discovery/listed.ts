/** A list of workers: addresses, names that are looked up, and a file that is watched. */
import {
  type Clock,
  FileWatch,
  type GivenOptions,
  type Logger,
  OptionError,
  resolveOptions,
  systemClock,
} from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import type { GivenWorker, WorkerSpec } from '../workers/worker-spec.ts'
import type { Discovery, DiscoveryListener } from './discovery.ts'
import { DnsLookup, type NameLookup } from './name-lookup.ts'
import { NameWatch } from './name-watch.ts'
import { type ListedValues, listedTable } from './options.ts'
import { parseEntry } from './worker-entry.ts'
import type { WorkerName } from './worker-name.ts'
import { readWorkersFile } from './workers-file.ts'

export interface ListedOptions extends GivenOptions<typeof listedTable> {
  /** Addresses, `dns:NAME:PORT` and `srv:NAME`. */
  readonly workers?: readonly GivenWorker[]
  /** Without one, warnings and errors go to standard error. */
  readonly log?: Logger
  /** For tests. */
  readonly clock?: Clock
}

/** What is listed, by the text of the name, or the address. */
type Entries = ReadonlyMap<string, NameWatch | WorkerSpec>

/** Milliseconds between two looks at the file. */
const fileInterval = 1_000

/**
 * Finds the workers of a list. A name (`dns:`, `srv:`) stands for as many workers as it has
 * addresses, and is looked up again and again. While DNS fails, the known workers stay; when an
 * answer is empty, they stay for `resolveHold`. A worker that is no longer listed finishes its
 * requests. Throws an `OptionError` if an option or the file is bad.
 */
export function listedWorkers(options: ListedOptions): ListedWorkers {
  return new ListedWorkers(options)
}

export class ListedWorkers implements Discovery {
  readonly #values: ListedValues
  readonly #log: Logger
  readonly #clock: Clock
  readonly #lookup: NameLookup
  #given: readonly GivenWorker[]
  #fromFile: readonly string[] = []
  #entries: Entries = new Map()
  #listener: DiscoveryListener | undefined
  #fileWatch: FileWatch | undefined
  /** Those that are looked up for the first time. */
  #starting: readonly NameWatch[] = []
  #updated: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor({ workers = [], log, clock = systemClock, ...options }: ListedOptions) {
    this.#values = resolveOptions(listedTable, options)
    this.#log = log ?? defaultLogger()
    this.#clock = clock
    this.#lookup = new DnsLookup(this.#values.resolver)
    for (const worker of workers) parseEntry(worker, 'a worker')
    this.#given = workers
    const { workersFile } = this.#values
    if (workersFile !== undefined) this.#fromFile = readWorkersFile(workersFile, 'workersFile')
  }

  async start(listener: DiscoveryListener): Promise<void> {
    this.#listener = listener
    const { workersFile } = this.#values
    if (workersFile !== undefined) {
      const look = () => void this.#readFile(workersFile)
      this.#fileWatch = new FileWatch([workersFile], look, this.#clock, fileInterval)
      this.#fileWatch.start()
    }
    await this.#update()
  }

  /**
   * Replaces the list, and reads the file again. Resolves when new names have been looked up.
   * Rejects with an `OptionError`, and changes nothing, if an entry is bad.
   */
  async setWorkers(workers: readonly GivenWorker[]): Promise<void> {
    for (const worker of workers) parseEntry(worker, 'a worker')
    const { workersFile } = this.#values
    if (workersFile !== undefined) this.#fromFile = readWorkersFile(workersFile, 'workersFile')
    this.#given = workers
    await this.#update()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#fileWatch?.stop()
    for (const each of [...this.#starting, ...this.#entries.values()]) {
      if (each instanceof NameWatch) each.stop()
    }
    this.#lookup.cancel()
  }

  #readFile(path: string): void {
    try {
      const before = this.#fromFile.join('\n')
      this.#fromFile = readWorkersFile(path, 'workersFile')
      if (this.#fromFile.join('\n') === before) return
      this.#log.info({ path, count: this.#fromFile.length }, 'workers file reloaded')
      void this.#update()
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      this.#log.error({ path, reason: error.message }, 'cannot reload the workers file')
    }
  }

  /** One update after the other, as each waits for lookups. */
  #update(): Promise<void> {
    this.#updated = this.#updated.then(() => this.#updateNow())
    return this.#updated
  }

  /** Keeps what is still listed, looks up new names, and then stops those no longer listed. */
  async #updateNow(): Promise<void> {
    if (this.#isClosed) return
    const before = this.#entries
    const { entries, started } = this.#entriesFrom(before)
    this.#starting = started
    await Promise.all(started.map((watch) => watch.start()))
    this.#starting = []
    if (this.#isClosed) return
    this.#entries = entries
    for (const [key, entry] of before) {
      if (entry instanceof NameWatch && entries.get(key) !== entry) entry.stop()
    }
    this.#report()
  }

  /**
   * What is listed now, with what there was before where it is the same; and the new names of it.
   */
  #entriesFrom(before: Entries): { readonly entries: Entries; readonly started: NameWatch[] } {
    const entries = new Map<string, NameWatch | WorkerSpec>()
    const started: NameWatch[] = []
    for (const given of [...this.#given, ...this.#fromFile]) {
      const entry = parseEntry(given, 'a worker')
      const key = 'name' in entry ? entry.name.text : entry.worker.address
      if (entries.has(key)) continue
      if ('worker' in entry) {
        entries.set(key, entry.worker)
        continue
      }
      const known = before.get(key)
      const watch = known instanceof NameWatch ? known : this.#watch(entry.name)
      if (watch !== known) started.push(watch)
      entries.set(key, watch)
    }
    return { entries, started }
  }

  #watch(name: WorkerName): NameWatch {
    const { resolveInterval: interval, resolveHold: hold } = this.#values
    return new NameWatch(name, {
      lookup: this.#lookup,
      clock: this.#clock,
      log: this.#log,
      interval,
      hold,
      onChange: () => this.#report(),
    })
  }

  /** Of several entries for one address the first counts. */
  #report(): void {
    if (this.#isClosed) return
    const workers = new Map<string, WorkerSpec>()
    for (const entry of this.#entries.values()) {
      for (const worker of entry instanceof NameWatch ? entry.workers : [entry]) {
        if (!workers.has(worker.address)) workers.set(worker.address, worker)
      }
    }
    this.#listener?.onWorkers([...workers.values()])
  }
}
