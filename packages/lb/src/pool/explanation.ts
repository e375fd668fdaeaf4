/** Why a worker would get a request, and the others would not. */
import type { Skill } from '@resumelb/protocol'
import type { Reason } from './pool.ts'

/**
 * Why a worker may have a request, or why it may not:
 *
 * - `home`: the class is, or is about to be, in its caches, and should be.
 * - `spill`: it has served the class, but has to share it only when its homes are busy.
 * - `cold`: it has not served the class, or not lately.
 * - `candidate`: any, for policies that make no such difference.
 * - `sticky`: the session of the request names it.
 * - `standby`, `unready`, `ejected`: it gets requests only while no other worker can take them.
 * - `warming`: it has had its share for the moment, or warms itself up.
 * - `reserved`: its slots are kept for other classes, because this one holds its share of all slots.
 * - `blocked`: it gives requests back, because all that it processes takes too long.
 * - `unresponsive`: it does not answer, as when its event loop is blocked.
 * - `draining`, `avoided`: it cannot have this request.
 */
export type Role =
  | Reason
  | 'candidate'
  | 'warming'
  | 'reserved'
  | 'blocked'
  | 'unresponsive'
  | 'draining'
  | 'avoided'

/**
 * One worker that was considered. Figures that the policy does not use are absent. Times are in
 * seconds.
 */
export interface Candidate<Worker> {
  /** The worker, in documents its address. */
  readonly worker: Worker
  /** Why it may have the request, or why not. */
  readonly role: Role
  /** Requests in progress there that this load balancer has assigned. */
  readonly backlog: number
  /** What the worker has reported about the class. */
  readonly skill?: Omit<Skill, 'score'>
  /** Requests per second that the classic policy credits the worker with. */
  readonly score?: number
  /** Until the worker would begin the request. */
  readonly wait?: number
  /** What the request would take, once begun. */
  readonly service?: number
  /** How much of that a warm worker would save. */
  readonly waste?: number
  /** Leading links of the chain that the worker is warm for, as far as is known. */
  readonly warmLinks?: number
  /** Units of the request that it would not have to compute because of that. */
  readonly warmUnits?: number
  /** What is expected to be lost because the worker has failed lately. */
  readonly risk?: number
  /** What others are expected to lose by it, as the setting `price` weighs it. */
  readonly price?: number
  /** The total: the worker with the least is chosen. */
  readonly cost?: number
}

/** What a pool would do with a request now. */
export interface Explanation<Worker> {
  /** The worker that would get it; `undefined` if none can. */
  readonly chosen: Worker | undefined
  /** Those that were considered, in that order, each once. */
  readonly candidates: readonly Candidate<Worker>[]
}

/** The same explanation, with the keys of workers instead of themselves. */
export function withKeys({
  chosen,
  candidates,
}: Explanation<{ readonly key: string }>): Explanation<string> {
  return {
    chosen: chosen?.key,
    candidates: candidates.map((each) => ({ ...each, worker: each.worker.key })),
  }
}

/** The same explanation, with that role for those workers among the candidates. */
export function withRole<Worker>(
  explanation: Explanation<Worker>,
  workers: { has(worker: Worker): boolean; readonly size: number },
  role: Role,
): Explanation<Worker> {
  if (workers.size === 0) return explanation
  const candidates = explanation.candidates.map((candidate) =>
    workers.has(candidate.worker) ? { ...candidate, role } : candidate,
  )
  return { ...explanation, candidates }
}
