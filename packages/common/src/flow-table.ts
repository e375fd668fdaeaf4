/** The flows of a fair queue, by name. Pure. */
import { type Account, Flow, type Turn } from './flow.ts'
import { LinkedList } from './linked-list.ts'

/** Maximum number of flows that have turns of their own. Names beyond share one flow. */
export const maxFlows = 1024

export class FlowTable<Item> {
  readonly #account: Account
  readonly #mayForget: (flow: Flow<Item>) => boolean
  readonly #flows = new Map<string, Flow<Item>>()
  /** Flows of which nothing waits or runs, the longest idle first. */
  readonly #idle = new LinkedList<Flow<Item>>()

  /** `mayForget` says of an idle flow whether it may make room for another. */
  constructor(account: Account, mayForget: (flow: Flow<Item>) => boolean) {
    this.#account = account
    this.#mayForget = mayForget
  }

  /** The flow of the name. `undefined` if there is none, and the name is unknown or there is no room. */
  flowOf(name: string, isKnown: boolean): Flow<Item> | undefined {
    const flow = this.#flows.get(name)
    if (flow !== undefined || !isKnown || !this.#makeRoom()) return flow
    const own = new Flow<Item>(name, this.#account, new LinkedList<Turn<Item>>())
    this.#flows.set(name, own)
    this.#idle.add(own)
    return own
  }

  /** All flows of which something may wait or run. */
  [Symbol.iterator](): Iterator<Flow<Item>, void, undefined> {
    return this.#flows.values()
  }

  /** Something of the flow waits or runs from now on. */
  use(flow: Flow<Item>): void {
    this.#idle.remove(flow)
  }

  /** Something of the flow waits or runs no more. */
  settle(flow: Flow<Item>): void {
    if (flow.running > 0 || flow.waiting.size > 0) return
    flow.runningAtEnd = 0
    if (this.#flows.get(flow.name) === flow) this.#idle.add(flow)
  }

  #makeRoom(): boolean {
    if (this.#flows.size < maxFlows) return true
    const oldest = this.#idle.first
    if (oldest === undefined || !this.#mayForget(oldest)) return false
    this.#idle.remove(oldest)
    this.#flows.delete(oldest.name)
    return true
  }
}
