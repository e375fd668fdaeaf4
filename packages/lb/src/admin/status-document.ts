/**
 * What `GET /status` and `GET /events` tell, as JSON. Durations are in seconds, instants are texts
 * as in ISO 8601, and what is unknown or absent is null. Later releases may add members.
 */
import type { RequestOutcome } from '../events.ts'
import type { Role } from '../pool/explanation.ts'
import type { WorkerStatus } from './worker-status.ts'

/** The whole status. */
export interface AdminStatus {
  /** When it was made. */
  readonly time: string
  /** The load balancer itself. */
  readonly balancer: BalancerStatus
  /** By address, including those that are leaving. */
  readonly workers: readonly WorkerStatus[]
  /** Those with the most recent requests, the busiest first. */
  readonly classes: readonly ClassStatus[]
  /** What has happened lately, the newest last. */
  readonly incidents: readonly Incident[]
}

/** What has changed since the status, or the change, before. */
export interface StatusChange {
  /** When it was made. */
  readonly time: string
  /** The load balancer itself, whether it has changed or not. */
  readonly balancer: BalancerStatus
  /** Those that are new or have changed. */
  readonly workers: readonly WorkerStatus[]
  /** Addresses of those that have gone. */
  readonly workersGone: readonly string[]
  /** Those that are new or have changed. */
  readonly classes: readonly ClassStatus[]
  /** Names of those that are no longer among the busiest. */
  readonly classesGone: readonly string[]
  /** What has happened since then. */
  readonly incidents: readonly Incident[]
}

/** A load balancer. */
export interface BalancerStatus {
  /** Name and version: `resumelb/0.1.0`. */
  readonly software: string
  /** New after each restart; the ids of requests begin with it. */
  readonly id: string
  /** The number of its process. */
  readonly pid: number
  /** When the admin server was made. */
  readonly startedAt: string
  /** Whether it takes requests: some worker does, and it is not draining. */
  readonly isReady: boolean
  /** Whether it is stopping, and takes no new connections. */
  readonly isDraining: boolean
  /** Requests that workers have and that have not ended. */
  readonly backlog: number
  /** Requests that wait for a worker. */
  readonly waiting: number
  /** When the oldest request in progress came; upgraded connections do not count. */
  readonly oldestRequestAt: string | null
  /** Number of classes whose requests are counted; of too many, the rarest are forgotten. */
  readonly countedClasses: number
  /** Memory of the process that is in use (its resident set). */
  readonly memoryBytes: number
  /** The settings of the pool that were given; the others have their defaults. */
  readonly settings: Readonly<Record<string, unknown>>
  /** What was counted since the start. */
  readonly totals: Totals
  /** The last ten seconds. */
  readonly recent: Recent
  /** With `--processes`: those that run. All other members are about all of them together. */
  readonly processes?: readonly ProcessStatus[]
}

/** One of several processes that serve clients. */
export interface ProcessStatus {
  /** From 1 on; the one that replaces it has the same number. */
  readonly process: number
  /** Its process id. */
  readonly pid: number
  /** The ids of its requests begin with it. */
  readonly id: string
  /** When it was started. */
  readonly startedAt: string
  /** Whether it takes requests. */
  readonly isReady: boolean
  /** Whether it is about to end. */
  readonly isDraining: boolean
  /** Its requests that workers have. */
  readonly backlog: number
  /** Its requests that wait for a worker. */
  readonly waiting: number
  /** Its resident memory. */
  readonly memoryBytes: number
  /** Workers that take its requests. */
  readonly workersReady: number
  /** Requests that have ended since it was started. */
  readonly requests: number
  /** Over the last ten seconds. */
  readonly requestsPerSecond: number
}

/** Counted since the admin server was made. */
export interface Totals {
  /** Requests that have ended. */
  readonly requests: number
  /** Requests that have ended, by outcome. */
  readonly outcomes: Readonly<Record<RequestOutcome, number>>
  /** By the class of the status: `2xx`. */
  readonly codes: Readonly<Record<string, number>>
  /** Requests that were given to another worker. */
  readonly retries: number
  /** Retries that the budget did not allow. */
  readonly retriesDenied: number
  /** What was refused before it was a request. */
  readonly inputsRefused: number
  /** Why workers were chosen. */
  readonly choices: Readonly<Partial<Record<Role, number>>>
  /** Choices of which the policy could say whether the worker had served the class. */
  readonly affinityLookups: number
  /** Of those, the ones whose worker had. */
  readonly affinityHits: number
  /** Sum over the choices: expected time at the worker, less the least of all considered. */
  readonly regretSeconds: number
  /** Units of requests; one that tells only a chain counts as 1. */
  readonly units: number
  /** Of those, the ones of requests with a chain whose worker said how much of it was warm. */
  readonly chainUnits: number
  /** Of those, the ones that were warm. */
  readonly warmUnits: number
  /** Bytes of response bodies. */
  readonly bytesSent: number
  /** Bytes of request bodies. */
  readonly bytesReceived: number
}

/** The last ten seconds, or less after the start. */
export interface Recent {
  /** How far back the figures look. */
  readonly seconds: number
  /** Requests that have ended. */
  readonly requestsPerSecond: number
  /** Shed, failed, or answered 5xx. */
  readonly errorsPerSecond: number
  /** Requests that were given to another worker. */
  readonly retriesPerSecond: number
  /** From 0 to 1; null if there were no lookups. */
  readonly affinityHitRatio: number | null
  /** Share of the choices that are a spill, from 0 to 1. */
  readonly spillRatio: number | null
  /** Mean over the choices. */
  readonly regretSeconds: number | null
  /** Units of the requests that have ended. */
  readonly unitsPerSecond: number
  /** Share of the units of requests with a chain that were warm, from 0 to 1. */
  readonly warmUnitRatio: number | null
  /** From the arrival of a request until its client has all of the response. */
  readonly duration: Percentiles | null
  /** From the arrival of a request to the head of its response. */
  readonly timeToFirstByte: Percentiles | null
  /** From the arrival of a request until a worker is given it. */
  readonly queue: Percentiles | null
}

/** Percentiles of times, in seconds. */
export interface Percentiles {
  /** The median. */
  readonly p50: number
  /** What nine of ten requests do not exceed. */
  readonly p90: number
  /** What 99 of 100 requests do not exceed. */
  readonly p99: number
}

/** A request class. */
export interface ClassStatus {
  /** As the classifier assigns it. */
  readonly name: string
  /** Requests of this class that have ended at this load balancer. */
  readonly requests: number
  /** By how much `requests` may be too high, as counts of rare classes are forgotten. */
  readonly floor: number
  /** Over the last seconds. */
  readonly requestsPerSecond: number
  /** Mean duration. */
  readonly meanSeconds: number | null
  /**
   * Share of the requests that went to a worker that had served the class; null if it is unknown.
   */
  readonly affinityHitRatio: number | null
  /** Share of the units of its requests with a chain that were warm, from 0 to 1. */
  readonly warmUnitRatio: number | null
  /** Where the next request would go; null if nowhere. */
  readonly next: string | null
  /** The workers that have served it. */
  readonly workers: readonly ClassSkill[]
}

/** How skilled a worker is at a class. */
export interface ClassSkill {
  /** Its address. */
  readonly worker: string
  /** What the class is to the worker. */
  readonly role: Role
  /** Mean service time. */
  readonly seconds: number
  /** Requests that the worker has served, all load balancers counted. */
  readonly count: number
  /** Requests of the class that the worker serves, of all load balancers. */
  readonly requestsPerSecond: number
}

/** Something that has happened to a worker or to all of them. */
export interface Incident {
  /** When that was. */
  readonly time: string
  /** What it was. */
  readonly kind: IncidentKind
  /** The address of the worker; null if it is about none in particular. */
  readonly worker: string | null
  /** One sentence. */
  readonly text: string
}

/** What an incident is about. */
export type IncidentKind =
  | 'workerUp'
  | 'workerDown'
  | 'workerUnresponsive'
  | 'classCrashes'
  | 'workerResponsive'
  | 'workerDraining'
  | 'maintenanceBegan'
  | 'maintenanceEnded'
  | 'workerEjected'
  | 'workerRecovered'
  | 'versionChanged'
  | 'noWorker'
  | 'changed'
