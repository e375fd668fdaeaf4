/** The facts of a request for logs and events, while it is in progress and when it has ended. */
import type { RequestClass, ResetCode } from '@resumelb/protocol'
import type {
  EndedRequest,
  EndedSize,
  RequestInProgress,
  RequestOutcome,
  TroubledRequest,
} from '../events.ts'
import type { FailureName } from '../http/failures.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { Assignment, Reason } from '../pool/pool.ts'

/** Implemented by the exchange itself, to save an object per request. */
export class RequestRecord implements RequestInProgress {
  readonly http: HttpExchange
  readonly id: string
  /** What is known of it for the choice of a worker. */
  pick: PickArgs
  readonly startedAt: number
  readonly remoteAddress: string
  /** The status for the log; 0 if there is none yet. */
  status = 0
  /**
   * When the head of the response arrived, in milliseconds of the clock; `undefined` if it has not.
   */
  answeredAt: number | undefined
  /** When a worker was last given it, in milliseconds of the clock; `undefined` if none was. */
  assignedAt: number | undefined
  /** Number of times that the request was sent to a worker. */
  attempts = 0
  /** The address of the current or last worker; empty if there was none. */
  worker = ''
  /** The last assignment: why its worker was chosen; `undefined` if no worker had the request. */
  chosen: Pick<Assignment<unknown>, 'reason' | 'isWarm' | 'regret'> | undefined
  /** How many leading links of its chain the worker was warm for, as it has reported. */
  depth: number | undefined
  /** Why the last worker reset it, if it did. */
  reset: ResetCode | undefined
  /** Why the client got no response, or only a part of one. */
  failure: FailureName | undefined
  /** Whether an upgrade was granted; the connection may then last for days. */
  isUpgraded = false
  /** Whether it counts for the limit of its class. */
  countsForClass = false
  /** Whether the response was aborted before its end. */
  isTruncated = false

  constructor(
    http: HttpExchange,
    id: string,
    pick: PickArgs,
    startedAt: number,
    remoteAddress: string,
  ) {
    this.http = http
    this.id = id
    this.pick = pick
    this.startedAt = startedAt
    this.remoteAddress = remoteAddress
  }

  get request(): RequestView {
    return this.http.request
  }

  /**
   * Why the pool chose the worker; `undefined` if none had it or the policy makes no difference.
   */
  get choice(): Reason | undefined {
    return this.chosen?.reason
  }

  get requestClass(): RequestClass {
    return this.pick.requestClass
  }
}

/** The facts for events about failures. */
export function troubledRequest(record: RequestRecord, reason: FailureName): TroubledRequest {
  const { request, id, requestClass, remoteAddress, worker, choice } = record
  const { attempts, reset, isTruncated } = record
  const known = { request, id, requestClass, remoteAddress, worker, choice, attempts, isTruncated }
  return { ...known, reset, reason }
}

/** Bytes of the bodies of an exchange so far. */
interface BodyLengths {
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** The facts for the event at the end of a request. */
export function endedRequest(record: RequestRecord & BodyLengths, endedAt: number): EndedRequest {
  const { request, id, requestClass, remoteAddress, status, worker, choice, chosen } = record
  const { attempts, failure, isTruncated, startedAt, assignedAt, answeredAt } = record
  const { bytesSent, bytesReceived } = record
  return {
    request,
    id,
    requestClass,
    remoteAddress,
    outcome: outcomeOf(failure),
    reason: failure,
    status,
    bytesSent,
    bytesReceived,
    isTruncated,
    worker,
    choice,
    attempts,
    isWarm: chosen?.isWarm,
    regret: chosen?.regret,
    size: sizeOf(record),
    startedAt,
    assignedAt,
    answeredAt,
    endedAt,
  }
}

function sizeOf({ pick, depth, failure }: RequestRecord): EndedSize | undefined {
  const { units, chain } = pick
  if (units === undefined && chain === undefined) return undefined
  return { units, links: chain?.length, warmPart: warmPartOf(chain?.length, depth, failure) }
}

/** Workers do not report how warm they were for an empty chain: they cannot have been. */
function warmPartOf(
  links: number | undefined,
  depth: number | undefined,
  failure: FailureName | undefined,
): number | undefined {
  if (links === 0) return failure === undefined ? 0 : undefined
  return links === undefined || depth === undefined ? undefined : Math.min(1, depth / links)
}

/** Whether a request with this failure was shed: no worker accepted it. */
export function isShed(failure: FailureName): boolean {
  return outcomeOf(failure) === 'shed'
}

function outcomeOf(failure: FailureName | undefined): RequestOutcome {
  if (failure === undefined) return 'served'
  return outcomes[failure] ?? 'refused'
}

/** The outcome for each failure; `refused` for those not named here. */
const outcomes: Readonly<Partial<Record<FailureName, RequestOutcome>>> = {
  CLOSED_BY_APPLICATION: 'abandoned',
  CLIENT_DISCONNECTED: 'abandoned',
  CLIENT_TIMEOUT: 'abandoned',
  SHUTTING_DOWN: 'shed',
  TUNNEL_TIMEOUT: 'abandoned',
  DRAIN_TIMEOUT: 'failed',
  CLASS_LIMIT: 'shed',
  NO_WORKER: 'shed',
  REFUSED: 'shed',
  QUEUE_FULL: 'shed',
  RESPONSE_TIMEOUT: 'failed',
  INVALID_RESPONSE: 'failed',
  WORKER_LOST: 'failed',
  WORKER_LOST_TWICE: 'failed',
  CLASS_SUSPENDED: 'shed',
}
