/** What is simulated, as data. Times are in seconds. */
/** How requests are spread over the classes, of which the first is the most popular. */
export type Popularity =
  | { readonly kind: 'zipf'; readonly exponent: number }
  /** Each class gets `ratio` times what the one before it gets. */
  | { readonly kind: 'geometric'; readonly ratio: number }
  | { readonly kind: 'uniform' }

/** A factor of mean 1 on the service time of each request. */
export type Noise =
  | { readonly kind: 'none' }
  | { readonly kind: 'exponential' }
  | { readonly kind: 'lognormal'; readonly sigma: number }
  /** A `share` of the requests takes `factor` times as long as the others. */
  | { readonly kind: 'tail'; readonly share: number; readonly factor: number }

/** The application and the machines it runs on. */
export interface Site {
  readonly workers: number
  /** Requests that a worker serves at once. */
  readonly slots: number
  /** Relative speeds of the workers, in turn. */
  readonly speeds: readonly number[]
  /**
   * `blocking`: a request holds its slot and works by itself. `asynchronous`: all requests of a
   * worker share one processor, which is free while objects are loaded.
   */
  readonly handlers: 'blocking' | 'asynchronous'
  readonly classes: number
  readonly popularity: Popularity
  /** The part of all requests that the most popular class gets, instead of its usual part. */
  readonly hotShare: number | undefined
  /** Objects of a class. */
  readonly objects: number
  /** Objects that one request needs. */
  readonly touches: number
  /** `bell`: a few objects of a class are needed far more often than the others. */
  readonly touchPattern: 'uniform' | 'bell'
  /** What a worker's cache holds, as a part of all objects of all classes. */
  readonly cacheShare: number
  /** Service time of a request that finds all its objects. */
  readonly warmSeconds: number
  /** What each object costs that is not in the cache. */
  readonly missSeconds: number
  /** How much dearer than others a class is, in turn: both its warm time and its misses. */
  readonly classCosts: readonly number[]
  readonly noise: Noise
  /** Seconds that a message takes between a balancer and a worker, one way. */
  readonly delay: number
  readonly balancers: number
  /**
   * Who measures the résumés: each worker its own, for all balancers, or each balancer what it
   * sees, as with plain HTTP servers. Then each lets as many requests through as the worker has
   * slots.
   */
  readonly measuredBy: 'workers' | 'balancers'
  /**
   * Whether classes take turns for the slots of a worker, and the part of all slots that one may
   * hold while there are others.
   */
  readonly turns: 'fair' | 'first come'
  readonly maxClassShare: number
  /** For how long requests of a class wait for the first one, in seconds. */
  readonly coldLoadTimeout: number
  /**
   * `replay`: workers that restart hand their classes over first, and warm up from what they have
   * recorded before they take requests again.
   */
  readonly restarts: 'cold' | 'replay'
}

/**
 * `open`: requests come whether or not others are done, `load` times as many as the workers could
 * serve if all of them were warm. `closed`: each user sends the next when the last is answered.
 */
export type Load =
  | { readonly kind: 'open'; readonly load: number }
  | { readonly kind: 'closed'; readonly users: number }

export type Incident = { readonly at: number } & (
  | {
      /** Workers drain, leave and come back with empty caches. */
      readonly kind: 'restart'
      readonly workers: readonly number[]
      readonly downFor: number
      readonly keepsResume: boolean
    }
  /**
   * Workers restart one after the other: the next one when the one before is ready, but not within
   * so many seconds.
   */
  | {
      readonly kind: 'rolling restart'
      readonly workers: readonly number[]
      readonly downFor: number
      readonly keepsResume: boolean
      readonly every: number
    }
  /** Workers are gone at once, with what they were doing; they come back empty. */
  | { readonly kind: 'kill'; readonly workers: readonly number[]; readonly downFor: number }
  /** Workers join. */
  | { readonly kind: 'join'; readonly workers: number }
  /** Workers become slower (or faster again). */
  | { readonly kind: 'speed'; readonly workers: readonly number[]; readonly factor: number }
  /** Workers answer with an error, at once, for a while. */
  | { readonly kind: 'fail'; readonly workers: readonly number[]; readonly seconds: number }
  /** Workers do nothing for a while. */
  | { readonly kind: 'hang'; readonly workers: readonly number[]; readonly seconds: number }
  | { readonly kind: 'balancer restart'; readonly balancer: number }
  /** All classes change places in popularity. */
  | { readonly kind: 'shuffle' }
  /** So many pairs of neighbours in popularity change places. */
  | { readonly kind: 'drift'; readonly swaps: number }
)

/**
 * Other tenants, whose requests are not counted: of each, so many are open all the time, and each
 * request takes so many seconds and needs no object.
 */
export interface Neighbour {
  /** How many tenants these are; 1 if absent. */
  readonly tenants?: number
  /** When they come, in seconds; 0 if absent. */
  readonly from?: number
  readonly open: number
  readonly seconds: number
}

export interface Scenario {
  readonly name: string
  readonly site: Site
  readonly load: Load
  readonly neighbour?: Neighbour
  /** Seconds before anything is counted. */
  readonly warmUp: number
  /** Seconds that are counted. */
  readonly measured: number
  readonly incidents: readonly Incident[]
  /** With incidents, recovery is over when the mean latency stays below this. Seconds. */
  readonly recoveredBelow: number | undefined
  /** What the scenario is one of, for the bars: those with `event` are judged by recovery too. */
  readonly kind: 'steady' | 'event'
}
