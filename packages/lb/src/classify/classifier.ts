/** What names the kind of a request. */
import { maxClassLength, type RequestClass } from '@resumelb/protocol'
import type { RequestView } from '../http/client.ts'

/** Names the class of a request. The empty name is the class of what belongs to no other. */
export type Classifier = (request: RequestView) => RequestClass

/** The class of a request that no classifier could name. */
export const defaultClass: RequestClass = ''

/**
 * A class name as the tables hold it, of whatever a classifier returned: strings are cut at the
 * longest allowed, everything else is the default class.
 */
export function boundClass(name: unknown): RequestClass {
  if (typeof name !== 'string') return defaultClass
  if (name.length <= maxClassLength) return name
  // A pair of surrogates is not cut in two: half of one could not be sent.
  const isPair = /[\ud800-\udbff]/.test(name.charAt(maxClassLength - 1))
  return name.slice(0, isPair ? maxClassLength - 1 : maxClassLength)
}
