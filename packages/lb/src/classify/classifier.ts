/** What names the kind of a request. */
import { maxClassLength, type RequestClass } from '@resumelb/protocol'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'

/**
 * Names the class of a request, or says more of it: which version it asks for, or which session it
 * belongs to. The empty name is the class of what belongs to no other.
 */
export type Classifier = (request: RequestView) => RequestClass | PickArgs

/** The class of a request that no classifier could name. */
export const defaultClass: RequestClass = ''

/**
 * What pools get, of whatever a classifier returned: strings are cut at the longest that tables hold,
 * everything else counts as absent.
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

/** A name as the tables hold it: longer ones are cut, what is no string is the default class. */
function boundClass(name: unknown): RequestClass {
  if (typeof name !== 'string') return defaultClass
  if (name.length <= maxClassLength) return name
  // A pair of surrogates is not cut in two: half of one could not be sent.
  const isPair = /[\ud800-\udbff]/.test(name.charAt(maxClassLength - 1))
  return name.slice(0, isPair ? maxClassLength - 1 : maxClassLength)
}
