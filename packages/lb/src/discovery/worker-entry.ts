/** An entry of a list of workers: an address, or a name that stands for several. Pure. */
import { type GivenWorker, parseWorker, type WorkerSpec } from '../workers/worker-spec.ts'
import { parseWorkerName, type WorkerName } from './worker-name.ts'

export type WorkerEntry = { readonly worker: WorkerSpec } | { readonly name: WorkerName }

/** Reads an entry. Throws an `OptionError` that calls it `label`. */
export function parseEntry(given: GivenWorker, label: string): WorkerEntry {
  const name = typeof given === 'string' ? parseWorkerName(given, label) : undefined
  return name === undefined ? { worker: parseWorker(given, label) } : { name }
}
