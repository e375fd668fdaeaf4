/** What a pool may know of a request. */
import type { Chain, RequestClass } from '@resumelb/protocol'

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
  /**
   * Whether a worker gave it back because all that it processes takes too long. That worker is to be
   * avoided if another one can take it.
   */
  readonly wasGivenBack?: boolean
  /** No worker that is unready or ejected is to get it, even if no other can. */
  readonly mustBeHealthy?: boolean
  /** The size of the request in any unit, from 0 to 1e15; absent if it is not known. */
  readonly units?: number
}
