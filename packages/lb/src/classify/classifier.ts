/** The type of classifiers. */
import {
  type Chain,
  isLink,
  type Link,
  linkOf,
  maxChainLength,
  maxClassLength,
  maxUnits,
  type RequestClass,
} from '@resumelb/protocol'
import type { BodyView } from '../http/body-view.ts'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'

/** What a classifier may return about a request besides its class. */
export interface Classification extends Omit<PickArgs, 'chain'> {
  /**
   * What the request needs, from the general to the specific: names, or links that are computed
   * already. At most `maxChainLength` are used. See `PickArgs` for an empty one.
   */
  readonly chain?: readonly (string | Link)[]
}

/**
 * Returns the class of a request, or more about it: the version it asks for, its session, its size
 * and its chain. The empty name is the default class.
 */
export interface Classifier<Answer = RequestClass | Classification> {
  /**
   * `body` is present if {@link readsBody} asked for it and it could be read within the limits
   * `maxClassifiedBody`, `maxClassifiedBodies` and `classifyTimeout`.
   */
  (request: RequestView, body?: BodyView): Answer
  /**
   * Whether requests with a body are to be classified with it, or which of them: their bodies are
   * read before a worker is chosen. Absent: none.
   */
  readonly readsBody?: BodyTest | boolean
}

/** Whether a request with this head is to be classified with its body. */
export type BodyTest = (request: RequestView) => boolean

/** `classify`, with the bodies that any of its parts needs. */
export function readingBody<Answer>(
  classify: (request: RequestView, body?: BodyView) => Answer,
  ...parts: readonly Pick<Classifier, 'readsBody'>[]
): Classifier<Answer> {
  const tests = parts.map(bodyTestOf).filter((test) => test !== undefined)
  if (tests.length === 0) return classify
  const readsBody: BodyTest = (request) => tests.some((test) => test(request))
  return Object.assign(classify, { readsBody })
}

/** The test of a classifier, or of a part of one; `undefined` if it needs no body. */
export function bodyTestOf({ readsBody }: Pick<Classifier, 'readsBody'>): BodyTest | undefined {
  if (typeof readsBody === 'function') return readsBody
  return readsBody === true ? () => true : undefined
}

/** The class of requests for which the classifier returned no name. */
export const defaultClass: RequestClass = ''

/**
 * Converts the result of a classifier for pools. Strings are truncated to the maximum length of the
 * tables, and chains to theirs; more than `maxUnits` units are taken for that. All other values
 * count as absent. A chain ends at its first bad value.
 */
export function boundPick(answer: unknown): PickArgs {
  if (typeof answer !== 'object' || answer === null) return { requestClass: boundClass(answer) }
  const { requestClass, version, session, units, chain } = answer as Record<keyof PickArgs, unknown>
  const boundedClass = boundClass(requestClass)
  const links = Array.isArray(chain) ? boundChain(boundedClass, chain) : []
  const hasChain = links.length > 0 || (Array.isArray(chain) && chain.length === 0)
  return {
    requestClass: boundedClass,
    ...(typeof version === 'string' && { version: boundClass(version) }),
    ...(typeof session === 'string' && { session: boundClass(session) }),
    ...(isSize(units) && { units: Math.min(units, maxUnits) }),
    ...(hasChain && { chain: links }),
  }
}

/** Truncates a name to the maximum length; other values than strings become the default class. */
function boundClass(name: unknown): RequestClass {
  if (typeof name !== 'string') return defaultClass
  if (name.length <= maxClassLength) return name
  // Does not split a surrogate pair: half of one cannot be sent.
  const isPair = /[\ud800-\udbff]/.test(name.charAt(maxClassLength - 1))
  return name.slice(0, isPair ? maxClassLength - 1 : maxClassLength)
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
}

/** Converts names to links. */
function boundChain(requestClass: RequestClass, given: readonly unknown[]): Chain {
  const chain: Link[] = []
  let parent: Link | RequestClass = requestClass
  for (const value of given) {
    if (chain.length === maxChainLength) break
    if (typeof value === 'string') parent = linkOf(parent, boundClass(value))
    else if (isLink(value)) parent = value
    else break
    chain.push(parent)
  }
  return chain
}
