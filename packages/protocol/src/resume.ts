/** What a worker tells about itself: how fast it is at each request class, and how busy it is. */

/** The name of a kind of request. Never longer than {@link maxClassLength}. */
export type RequestClass = string

/** UTF-16 units of the longest request class. A host name has at most 253. */
export const maxClassLength = 256

/** How one worker has done lately at one request class. */
export interface Skill {
  /**
   * Requests per second while it worked on this class: count of requests ÷ seconds of service, both
   * fading by 1 − 1/history per request of any class (zc.resumelb's score). Above 0.
   */
  readonly score: number
  /** Mean service time in seconds over a short window of requests of this class. At least 0. */
  readonly seconds: number
  /** Requests of this class, fading as the worker serves other classes. 0 for one not yet served. */
  readonly count: number
  /** Requests of this class per second, over the last few seconds. At least 0. */
  readonly rate: number
}

/** A worker's skills by request class. */
export type Resume = ReadonlyMap<RequestClass, Skill>

/** Skills that changed since they were last sent; `null` for one that has faded. */
export type ResumeChanges = ReadonlyMap<RequestClass, Skill | null>

/** What the other load balancers have in progress at a worker, as that worker says. */
export interface OthersLoad {
  /** Requests in progress or waiting at the worker that came from other load balancers. */
  readonly requests: number
  /** Seconds of work the worker expects those to take. */
  readonly seconds: number
}

/**
 * Whether a worker wants requests: `warming` takes few, `unready` can serve none for now and gets
 * them only if no other worker is left, `draining` takes no new ones.
 */
export type WorkerState = 'warming' | 'ready' | 'unready' | 'draining'
