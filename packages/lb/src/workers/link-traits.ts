/** The traits of a worker for pools, from its own announcements and the operator's. Pure. */
import type { Identity, Load, WorkerHello } from '@resumelb/protocol'
import type { WorkerTraits } from '../pool/pool.ts'
import type { WorkerShare } from './worker-spec.ts'

/** Where the traits of a worker come from. */
export interface TraitSources {
  readonly key: string
  readonly worker: Pick<WorkerHello, 'version' | 'capacity' | 'standby'>
  readonly load: Load
  /** What the operator says; it overrides what the worker says of its capacity. */
  readonly share: WorkerShare
  /** The worker is no longer on the list. */
  readonly isLeaving: boolean
  /** It has left a PING unanswered. */
  readonly isUnresponsive?: boolean
}

/** What both say together; `worker` is absent until it was first connected. */
export function effectiveShare(
  share: WorkerShare,
  worker?: Pick<WorkerHello, 'capacity' | 'standby'>,
): { readonly isStandby: boolean; readonly capacity: number | undefined } {
  return {
    isStandby: (share.standby || worker?.standby) === true,
    capacity: share.capacity ?? worker?.capacity,
  }
}

/**
 * Whether the concurrency that a worker reports is only assumed. Workers of older releases say so
 * only when they connect: it is no longer so when they report another one.
 */
export function isUnlimited(worker?: WorkerHello, load?: Load): boolean {
  const saysItOnce = worker?.unlimited === true && worker.load.unlimited !== true
  return saysItOnce ? load?.concurrency === worker.load.concurrency : load?.unlimited === true
}

export function linkTraits(sources: TraitSources): WorkerTraits {
  const { key, worker, load, share, isLeaving, isUnresponsive } = sources
  const { concurrency } = load
  const state = isLeaving ? 'draining' : load.state
  const { isStandby, capacity } = effectiveShare(share, worker)
  return {
    key,
    concurrency,
    version: worker.version,
    state,
    ...(isStandby && { standby: true }),
    ...(isUnresponsive && { unresponsive: true }),
    ...(capacity !== undefined && { capacity }),
    ...(state === 'warming' && load.warmUp && { warmsUp: true }),
    ...(!isLeaving && load.takesSessions && { takesSessions: true }),
  }
}

/** Those of a worker that an operator drains. */
export function heldTraits(
  traits: WorkerTraits,
  { keepsSessions = false }: Identity,
): WorkerTraits {
  return { ...traits, state: 'draining', takesSessions: keepsSessions }
}

/** The state of a connected worker for people; `undefined` while it is not connected. */
export function shownState(
  traits: WorkerTraits | undefined,
): WorkerTraits['state'] | 'unresponsive' | undefined {
  return traits?.unresponsive ? 'unresponsive' : traits?.state
}

/** Whether a worker serves, is out of service for a time, or is about to stop. */
export type ServiceStage = 'serving' | 'maintenance' | 'draining'

export function stageOf(load: Load): ServiceStage {
  if (load.state !== 'draining') return 'serving'
  return load.maintenance ? 'maintenance' : 'draining'
}

/**
 * Whether a worker is draining and, from such a load balancer, takes no requests of sessions
 * either.
 */
export function takesNothing(load: Load | undefined, { keepsSessions }: Identity): boolean {
  return load?.state === 'draining' && !(load.takesSessions && keepsSessions)
}
