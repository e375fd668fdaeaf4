/** What the load balancer asks of a pool, whatever policy the pool follows. */
import type {
  ClassStanding,
  OthersLoad,
  PlannedHome,
  RequestClass,
  Resume,
  ResumeChanges,
  Skill,
  WarmthChanges,
  WorkerState,
} from '@resumelb/protocol'
import type { Explanation } from './explanation.ts'
import type { PickArgs } from './pick.ts'

/** What a pool may know of a worker besides its résumé. */
export interface WorkerTraits {
  /** The same for one worker in every load balancer and after every restart: its address. */
  readonly key: string
  /** Requests the worker serves at once. At least 1. */
  readonly concurrency: number
  /** The version of the application that it runs; empty if it has none. */
  readonly version: string
  readonly state: WorkerState
  /** Gets requests only while no other worker can take them. */
  readonly standby?: boolean
  /** Gets no request for the moment: it has left a PING unanswered. */
  readonly unresponsive?: boolean
  /**
   * How many times as much as a worker of capacity 1 it should be given. Above 0; 1 if absent.
   * Comes on top of what its concurrency and its résumé say.
   */
  readonly capacity?: number
  /**
   * Number of load balancers that use it and know nothing of each other's requests. 1 if absent, as
   * for a worker that reports the others'.
   */
  readonly balancers?: number
  /** Its state is `warming`, and it warms itself up: until it is ready it should get no requests. */
  readonly warmsUp?: boolean
  /**
   * It is about to leave, and takes only requests of these classes. The set shrinks as other
   * workers get warm for them.
   */
  readonly keeps?: ReadonlySet<RequestClass>
  /**
   * Asks it to get warm for a class that others have, in the background; it reports the skill when
   * it is. False if no worker can tell how. Absent if it does not get warm in advance.
   */
  readonly prepare?: (requestClass: RequestClass) => boolean
  /** Another load balancer plans which classes get a home there. */
  readonly follows?: true
  /** Tells the other load balancers that the worker is to be a home. Absent if it cannot. */
  readonly announce?: (home: PlannedHome) => void
  /** While it is draining, it still takes requests of sessions (those whose pick names one). */
  readonly takesSessions?: boolean
}

/** News of a worker. What is absent is as it was. */
export interface WorkerUpdate {
  readonly traits?: WorkerTraits
  /** The whole résumé: what it does not name is gone. */
  readonly resume?: Resume
  readonly changes?: ResumeChanges
  readonly others?: OthersLoad
  /** Another load balancer has planned that the worker is to be a home. */
  readonly planned?: PlannedHome
  /** What it is warm for, of the links of chains. */
  readonly warmth?: WarmthChanges
}

/**
 * How a request ended, as far as that concerns the worker:
 *
 * - `served`: with a whole response whose status is no sign of trouble in the worker.
 * - `failed`: with a 5xx (but 501 and 505), or a response that broke off or was not valid.
 * - `timeout`: the response did not begin in time.
 * - `disconnected`: the connection to the worker was lost.
 * - `refused`: the worker has not looked at it, because it is leaving or has all it can take.
 * - `abandoned`: by the client or the load balancer, which says nothing about the worker.
 */
export type Result = 'served' | 'failed' | 'timeout' | 'disconnected' | 'refused' | 'abandoned'

/** How a request ended, and the worker's report at the end of its response. */
export interface Outcome {
  readonly result: Result
  /**
   * With `refused`: the worker gave the request back because all that it processes takes too long,
   * requests of the same class among it (`own`) or not. Absent otherwise.
   */
  readonly waitedFor?: 'own' | 'others'
  /** Service time of this request as the worker measured it, in seconds. */
  readonly seconds?: number
  /** The worker's skill at the class, this request included. */
  readonly skill?: Skill
  readonly others?: OthersLoad
  /** How many leading links of the request's chain turned out to be warm there, if it knows. */
  readonly depth?: number
}

/**
 * Why a worker was chosen: one of the roles that explanations tell of as well.
 *
 * - `sticky`: the session of the request names the worker.
 * - `home`, `spill`, `cold`: as the policy sees the worker's skill at the class.
 * - `standby`, `unready`, `ejected`: no other worker could take the request.
 */
export type Reason = 'sticky' | 'home' | 'spill' | 'cold' | 'standby' | 'unready' | 'ejected'

/** What a worker has in its caches and on its hands, as its résumé says. */
export interface WorkerSummary<Worker> {
  readonly worker: Worker
  /** How much it can do, compared with others. Above 0. */
  readonly weight: number
  /** Classes that it has served lately. */
  readonly classes: number
  /** Work per second, in seconds. */
  readonly demand: number
  /** Requests of the class that it has served, fading; 0 if none lately. */
  countOf(requestClass: RequestClass): number
  /** Work per second that the class is to it, in seconds. */
  demandOf(requestClass: RequestClass): number
}

/** One request, given to one worker. */
export interface Assignment<Worker> {
  readonly worker: Worker
  /** Why it was this worker; absent if the policy makes no difference. */
  readonly reason?: Reason | undefined
  /**
   * Whether the worker has served the class, so that its caches should hold it; absent if the
   * policy does not know.
   */
  readonly isWarm?: boolean | undefined
  /**
   * How much longer the request is expected to take there than at the worker where it would take
   * least, of those that were looked at, in seconds; absent if the policy does not know.
   */
  readonly regret?: number | undefined
  /** What the worker should know of the class; absent if the pool knows nothing of it. */
  readonly standing?: ClassStanding | undefined
  /**
   * Says that the worker has begun its response: whatever takes long now (a big body, a slow
   * client, an upgraded connection) is no sign that the worker hangs.
   */
  answered?(now: number): void
  /**
   * Says that the worker has granted an upgrade, instead of {@link answered}: the request was
   * served, and is a connection now that may last for days. It still counts as one of the backlog,
   * but is no work in progress, and how it ends says nothing of the worker.
   */
  upgraded?(now: number): void
  /** Says that the request is over, however it ended. A second call changes nothing. */
  finish(now: number, outcome: Outcome): void
}

/**
 * A set of workers that knows which of them should have the next request.
 *
 * A pool never awaits, keeps no timers and does no I/O. `now` is in seconds from any start and
 * never runs backwards. `Worker` is only an identity to it, so that tests can use strings.
 */
export interface Pool<Worker> {
  /** Requests assigned and not yet finished, those of removed workers included. */
  readonly backlog: number
  /** Workers that may get requests. */
  readonly size: number
  /**
   * Adds the worker, or takes in what is new about it. News without traits of a worker that is not
   * here has come too late and is dropped.
   */
  update(worker: Worker, news: WorkerUpdate, now: number): void
  /** Gives the worker no more requests. Those it has still count until they finish. */
  remove(worker: Worker, now: number): void
  /**
   * Gives the request to a worker; `undefined` if the pool is empty or every worker is to be
   * avoided. `avoid` holds workers that have failed this very request.
   */
  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined
  /**
   * What {@link assign} would do now with the same arguments, and why. Changes nothing, not even
   * what chance will say next. `undefined` if the policy cannot tell.
   */
  explain?(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined
  /** What the workers that take requests, or will when they have warmed up, have; absent if the pool does not learn from résumés. */
  summaries?(now: number): readonly WorkerSummary<Worker>[] | undefined
  /** Whether requests of the class were served lately; absent if the pool does not know. */
  knows?(requestClass: RequestClass): boolean
  /**
   * Does what is not for any one request, such as planning. Called about once a second while there
   * are requests.
   */
  tick?(now: number): void
  /**
   * Replaces the policy's settings: what is not given goes back to its default, and what the policy
   * does not know is ignored. Throws an `OptionError`, and changes nothing, if one is bad.
   */
  updateSettings(settings: Readonly<Record<string, unknown>>): void
}
