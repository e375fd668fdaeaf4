/** What a pool may know of a request. */
import type { Chain, RequestClass } from '@resumelb/protocol'

/** A worker gave a request back, which is to avoid it: see RESET in `SPEC.md`. */
export interface GivenBack {
  /** Whether requests of its own class, or only of others, take too long there. */
  readonly waitedFor: 'own' | 'others'
  /** When that was, in seconds of the pool's clock. */
  readonly at: number
}

/**
 * The arguments of one pick, as plain data. Its parts are separate so that no pool need take
 * names to pieces; a pool ignores those it has no use for.
 */
export interface PickArgs {
  /** The kind of the request. The empty name is the class of what belongs to no other. */
  readonly requestClass: RequestClass
  /**
   * The version of the application that the request asks for; absent or empty if it asks for none.
   */
  readonly version?: string
  /**
   * The same for requests that one worker should serve, such as those of a client; absent if any
   * may.
   */
  readonly session?: string
  /**
   * What the request needs, from the general to the specific; absent if it is not known. An empty
   * one says that no worker can be warm for the request, so that its class is no reason to choose
   * one.
   */
  readonly chain?: Chain
  /** Absent if no worker gave it back. */
  readonly givenBack?: GivenBack
  /** The size of the request in any unit, from 0 to 1e15; absent if it is not known. */
  readonly units?: number
}
