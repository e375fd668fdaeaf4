/** Estimates what the other balancers have in progress at workers, from the workers' reports. */
import type { OthersLoad } from '@resumelb/protocol'
import { Rows } from '../../structures/rows.ts'
import { othersTau } from './cost-settings.ts'
import { fade } from './estimate.ts'

/**
 * A report is trusted for this multiple of the work it described. After that, other work has come,
 * about as much as there is on average.
 */
const trustedMultiple = 3

/** The columns of a member: the last report, the mean of all, and when the last one came. */
const column = { seconds: 0, requests: 1, meanSeconds: 2, meanRequests: 3, at: 4 } as const

/**
 * A worker reports the other balancers' work with each response, which may be every few requests.
 * Between reports, the estimate decays from the last one to the mean of all: otherwise a worker
 * that was busy once would be avoided until its next report.
 */
export class PeerLoads {
  readonly #rows = new Rows()
  /** No member has reported work of another balancer: no row need be fetched to find that out. */
  #areSilent = true

  /** Makes the member, who may be new, one that has not reported. */
  reset(member: number, now: number): void {
    this.#rows.reserve(member)
    this.#rows.clear(member)
    this.#rows.set(member, column.at, now)
  }

  /** Takes in a report. */
  set(member: number, others: OthersLoad, now: number): void {
    const rows = this.#rows
    if (others.requests > 0 || others.seconds > 0) this.#areSilent = false
    const share = 1 - fade(now - rows.get(member, column.at), othersTau)
    const meanSeconds = rows.get(member, column.meanSeconds)
    const meanRequests = rows.get(member, column.meanRequests)
    rows.set(member, column.meanSeconds, meanSeconds + (others.seconds - meanSeconds) * share)
    rows.set(member, column.meanRequests, meanRequests + (others.requests - meanRequests) * share)
    rows.set(member, column.seconds, others.seconds)
    rows.set(member, column.requests, others.requests)
    rows.set(member, column.at, now)
  }

  /** Seconds of work, as it may be now at a member of so many slots. */
  seconds(member: number, now: number, concurrency: number): number {
    if (this.#areSilent) return 0
    const last = this.#rows.get(member, column.seconds)
    const mean = this.#rows.get(member, column.meanSeconds)
    return last === 0 && mean === 0 ? 0 : this.#guess(member, last, mean, now, concurrency)
  }

  /** Requests in progress, as it may be now at a member of so many slots. */
  requests(member: number, now: number, concurrency: number): number {
    if (this.#areSilent) return 0
    const last = this.#rows.get(member, column.requests)
    const mean = this.#rows.get(member, column.meanRequests)
    return last === 0 && mean === 0 ? 0 : this.#guess(member, last, mean, now, concurrency)
  }

  #guess(member: number, last: number, mean: number, now: number, concurrency: number): number {
    const rows = this.#rows
    const age = now - rows.get(member, column.at)
    const usual = mean * fade(age, othersTau)
    const work = Math.max(rows.get(member, column.seconds), rows.get(member, column.meanSeconds))
    const tau = (trustedMultiple * (work + this.#sizeAt(member))) / concurrency
    return usual + (last - usual) * fade(age, Math.max(tau, Number.MIN_VALUE))
  }

  /** Seconds that one request of the others takes, about. */
  #sizeAt(member: number): number {
    const rows = this.#rows
    const requests = rows.get(member, column.requests)
    if (requests > 0) return rows.get(member, column.seconds) / requests
    const meanRequests = rows.get(member, column.meanRequests)
    return meanRequests > 0 ? rows.get(member, column.meanSeconds) / meanRequests : 0
  }
}
