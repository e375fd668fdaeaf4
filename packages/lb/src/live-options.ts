/** What can be replaced while a load balancer runs: limits, classifier, pages for failures. */
import { refuseUnknown } from '@resumelb/common'
import { classifyByHost } from './classify/by-host.ts'
import type { BodyTest, Classifier } from './classify/classifier.ts'
import { type GuardedClassifier, guardClassifier } from './classify/guard.ts'
import type { LoadBalancerEvents } from './events.ts'
import type { BodyView } from './http/body-view.ts'
import type { RequestView } from './http/request-view.ts'
import type { LoadBalancerOptions } from './load-balancer-options.ts'
import {
  type BalancingOptions,
  type LiveLimit,
  liveLimits,
  resolveBalancingOptions,
} from './options.ts'
import type { PickArgs } from './pool/pick.ts'
import { type ErrorPages, type FailurePage, resolvePages } from './proxy/error-pages.ts'
import type { Sessions } from './proxy/sessions.ts'

export class LiveOptions implements GuardedClassifier {
  /** Limits and times; the same object for good, so that its readers see changes at once. */
  readonly balancing: Required<BalancingOptions>
  /** What is known of a request for the choice of its worker. */
  readonly classify: (request: RequestView, body?: BodyView) => PickArgs
  #classifier: GuardedClassifier
  readonly #onFailure: (error: unknown) => void
  #disconnectMessage: string | undefined
  #pages: ReadonlyMap<number, FailurePage>

  /** Throws an `OptionError` for the first invalid option. */
  constructor(
    options: LoadBalancerOptions,
    events: LoadBalancerEvents,
    sessions: Sessions | undefined,
  ) {
    this.balancing = { ...resolveBalancingOptions(options) }
    this.#disconnectMessage = options.disconnectMessage
    this.#pages = resolvePages(options.errorPages, options.disconnectMessage)
    this.#onFailure = (error) => events.emit('classifierFailed', error)
    this.#classifier = guardClassifier(options.classifier ?? classifyByHost, this.#onFailure)
    const classify = (request: RequestView, body?: BodyView) =>
      this.#classifier.classify(request, body)
    this.classify =
      sessions === undefined
        ? classify
        : (request, body) => sessions.pick(request, classify(request, body))
  }

  /** Which requests are classified with their bodies; `undefined`: none. */
  get readsBody(): BodyTest | undefined {
    return this.#classifier.readsBody
  }

  /** Pages for failures, by status. */
  get pages(): ReadonlyMap<number, FailurePage> {
    return this.#pages
  }

  /** See `LoadBalancer.setErrorPages`. */
  setErrorPages(pages: ErrorPages, given: string | null | undefined): void {
    const message = given === undefined ? this.#disconnectMessage : (given ?? undefined)
    this.#pages = resolvePages(pages, message)
    this.#disconnectMessage = message
  }

  /** See `LoadBalancer.setClassifier`. */
  setClassifier(classifier: Classifier): void {
    this.#classifier = guardClassifier(classifier, this.#onFailure)
  }

  /** See `LoadBalancer.updateLimits`. */
  updateLimits(limits: Pick<BalancingOptions, LiveLimit>): void {
    refuseUnknown(limits, liveLimits, 'a limit')
    Object.assign(this.balancing, resolveBalancingOptions({ ...this.balancing, ...limits }))
  }
}
