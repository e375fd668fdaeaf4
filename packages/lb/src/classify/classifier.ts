/** The type of classifiers. */
import { maxClassLength, type RequestClass } from '@resumelb/protocol'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'

/**
 * Returns the class of a request, or more about it: the version it asks for, or its session. The
 * empty name is the default class.
 */
export type Classifier = (request: RequestView) => RequestClass | PickArgs

/** The class of requests for which the classifier returned no name. */
export const defaultClass: RequestClass = ''

/**
 * Converts the result of a classifier for pools. Strings are truncated to the maximum length of the
 * tables; all other values count as absent.
 */
export function boundPick(answer: unknown): PickArgs {
  if (typeof answer !== 'object' || answer === null) return { requestClass: boundClass(answer) }
  const { requestClass, version, session } = answer as Record<keyof PickArgs, unknown>
  return {
    requestClass: boundClass(requestClass),
    ...(typeof version === 'string' && { version: boundClass(version) }),
    ...(typeof session === 'string' && { session: boundClass(session) }),
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
