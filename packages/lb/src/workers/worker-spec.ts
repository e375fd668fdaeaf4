/** A worker as an operator names it: its address, and how much it should be given. Pure. */
import { type Address, OptionError } from '@resumelb/common'
import { maxCapacity, minCapacity } from '@resumelb/protocol'
import { workerAddressText } from './address.ts'

/** How much a worker should be given, whatever it says itself. */
export interface WorkerShare {
  /** Only requests that no other worker can take. */
  readonly standby?: boolean
  /** How many times as much as a worker of capacity 1: from 0.01 to 100. */
  readonly capacity?: number
}

export function isSameShare(one: WorkerShare, other: WorkerShare): boolean {
  return one.standby === other.standby && one.capacity === other.capacity
}

/** A worker as a discovery may report it. */
export type GivenWorker = string | WorkerAddress | WorkerSpec

/** A worker for programs: an address, with its share if it is not an ordinary one. */
export type WorkerAddress = Address & WorkerShare

/** What becomes of either. */
export interface WorkerSpec {
  /** The address, as it is written. */
  readonly address: string
  readonly share: WorkerShare
  /** Name that its certificate must have, if that is not its host: of workers found by DNS. */
  readonly serverName?: string
}

/** What a worker looks like, for messages. */
const workerForm = 'HOST:PORT or http://HOST:PORT, after standby= or capacity=2, if need be'

const prefix = /^\s*(?:(standby)=|capacity=([^,=]*),)/

/**
 * Reads `HOST:PORT`, after `standby=`, `capacity=NUMBER,` or both. `label` is what messages call
 * it. Throws an {@link OptionError}.
 */
export function parseWorker(given: GivenWorker, label: string): WorkerSpec {
  if (typeof given !== 'string') {
    if ('address' in given) return given
    const { standby, capacity, ...address } = given
    if (capacity !== undefined) checkCapacity(capacity, label, capacity)
    const share = {
      ...(standby !== undefined && { standby }),
      ...(capacity !== undefined && { capacity }),
    }
    return { address: workerAddressText(address as Address, label), share }
  }
  const { rest, share } = splitShare(given, label)
  if (/^\s*\w+[=,]/.test(rest)) throw new OptionError(label, workerForm, given)
  return { address: workerAddressText(rest, label), share }
}

/**
 * Separates `standby=` and `capacity=NUMBER,` from what follows them. Throws an {@link
 * OptionError}.
 */
export function splitShare(
  given: string,
  label: string,
): { readonly rest: string; readonly share: WorkerShare } {
  let rest = given
  let share: WorkerShare = {}
  for (let match = prefix.exec(rest); match !== null; match = prefix.exec(rest)) {
    rest = rest.slice(match[0].length)
    share = match[1] ? { ...share, standby: true } : { ...share, capacity: capacityOf(match[2]) }
    if (share.capacity !== undefined) checkCapacity(share.capacity, label, given)
  }
  return { rest, share }
}

/** NaN for what is no number, an empty text included. */
function capacityOf(text = ''): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function checkCapacity(capacity: number, label: string, given: unknown): void {
  if (capacity >= minCapacity && capacity <= maxCapacity) return
  throw new OptionError(label, `of a capacity from ${minCapacity} to ${maxCapacity}`, given)
}

/** The text of which {@link parseWorker} makes the same. */
export function workerText({ address, share }: WorkerSpec): string {
  const { standby, capacity } = share
  return `${standby ? 'standby=' : ''}${capacity === undefined ? '' : `capacity=${capacity},`}${address}`
}
