/** What a worker reports: how fast it is at each request class, and its load. */

/** The name of a kind of request. Never longer than {@link maxClassLength}. */
export type RequestClass = string

/** UTF-16 units of the longest request class. A host name has at most 253. */
export const maxClassLength = 256

/** Units of the largest request. Larger ones are taken for this: their squares must be numbers. */
export const maxUnits = 1e15

/** The greatest measurement, of whatever: squares and products must be numbers. */
export const maxMeasure = 1e15

/** The longest time that a worker may report, in seconds: more than 30 years. */
export const maxSeconds = 1e9

/** The most requests per second that a worker may report of a class, and the lowest score. */
export const maxRate = 1e9
export const minScore: number = 1 / maxSeconds

/** The most requests that a worker may say it handles at once. */
export const maxConcurrency = 1_000_000

/** The recent performance of one worker for one request class. */
export interface Skill {
  /**
   * Requests per second while it worked on this class: count of requests ÷ seconds of service, both
   * decaying by 1 − 1/history per request of any class (zc.resumelb's score). Above 0.
   */
  readonly score: number
  /** Mean service time in seconds over a short window of requests of this class. At least 0. */
  readonly seconds: number
  /**
   * Requests of this class, decaying as the worker serves other classes. 0 for one not yet served.
   */
  readonly count: number
  /** Requests of this class per second, over the last few seconds. At least 0. */
  readonly rate: number
  /**
   * A request takes about `fixed` + `perUnit` × its uncached units, in seconds: to the first byte of
   * its body where the response streams, otherwise to its end. At least 0; absent if no request of
   * the class had a size.
   */
  readonly fixed?: number
  /** Seconds for each uncached unit; see `fixed`. */
  readonly perUnit?: number
  /** Mean seconds from the first byte of the body to the end. Above 0; absent without a stream. */
  readonly rest?: number
  /**
   * Mean uncached units of these requests, for which the time is known best; absent as `fixed` is,
   * and from workers of earlier releases.
   */
  readonly units?: number
  /** How far from `units` the line is half as certain, in units: 0 if all had the same size. */
  readonly spread?: number
  /**
   * Seconds that a request waits at the application for each uncached unit that it still has to
   * compute of requests that came before: 0 if it computes all at the same time.
   */
  readonly perUnitAhead?: number
}

/** A worker's skills by request class. */
export type Resume = ReadonlyMap<RequestClass, Skill>

/** Skills that changed since they were last sent; `null` for one that was forgotten. */
export type ResumeChanges = ReadonlyMap<RequestClass, Skill | null>

/** Requests of the other load balancers in progress at a worker, as the worker reports. */
export interface OthersLoad {
  /** Requests in progress or queued at the worker that came from other load balancers. */
  readonly requests: number
  /** Estimated seconds of work for those. */
  readonly seconds: number
}

/**
 * Whether a worker accepts requests: a `warming` one wants few, or none while it warms itself up
 * (`Load.warmUp`); an `unready` one is temporarily unable to serve, and gets requests only if no
 * other worker is left; a `draining` one accepts no new ones.
 */
export type WorkerState = 'warming' | 'ready' | 'unready' | 'draining'
