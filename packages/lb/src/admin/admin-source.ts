/** What the admin server needs of a load balancer. */
import type { LoadBalancerEvents, RequestInProgress } from '../events.ts'
import type { BodyView } from '../http/body-view.ts'
import type { RequestView } from '../http/request-view.ts'
import type { Explanation } from '../pool/explanation.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { WorkerSnapshot } from '../workers/worker.ts'

/** A load balancer, as far as the admin server looks at it and changes it. */
export interface AdminSource {
  readonly events: LoadBalancerEvents
  readonly id: string
  readonly isDraining: boolean
  readonly backlog: number
  readonly waiting: number
  /** Of these, the ones whose class is at its limit. */
  readonly waitingForClass: number
  readonly workers: readonly WorkerSnapshot[]
  readonly requests: Iterable<RequestInProgress>
  readonly settings: Readonly<Record<string, unknown>>
  classify(request: RequestView, body?: BodyView): PickArgs
  /** Whether a request with a body of so many bytes is classified with its body. */
  readsBody(request: RequestView, length: number): boolean
  explain(pick: PickArgs): Explanation<string> | undefined
  updateSettings(settings: Readonly<Record<string, unknown>>): void
  addWorker(worker: string): void
  removeWorker(address: string): boolean
  drainWorker(address: string, deadline?: number): boolean
  readyWorker(address: string): boolean
}
