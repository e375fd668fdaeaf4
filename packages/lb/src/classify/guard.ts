/** Guards against user-defined classifiers that throw, or return something else than a name. */
import type { BodyView } from '../http/body-view.ts'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'
import {
  type BodyTest,
  bodyTestOf,
  boundPick,
  type Classifier,
  defaultClass,
} from './classifier.ts'

/** A classifier that does not fail. */
export interface GuardedClassifier {
  readonly classify: (request: RequestView, body?: BodyView) => PickArgs
  /** Which requests are to be classified with their bodies; `undefined`: none. */
  readonly readsBody: BodyTest | undefined
}

/**
 * Returns what `classifier` returns. If it fails, calls `onFailure` and returns the default class.
 */
export function guardClassifier(
  classifier: Classifier,
  onFailure: (error: unknown) => void,
): GuardedClassifier {
  const test = bodyTestOf(classifier)
  return {
    classify: (request, body) => {
      try {
        const answer: unknown = classifier(request, body)
        if (!(answer instanceof Promise)) return boundPick(answer)
        // An unhandled rejection would end the process.
        answer.catch(() => undefined)
        throw new TypeError('it returned a promise instead of a name')
      } catch (error) {
        onFailure(error)
        return { requestClass: defaultClass }
      }
    },
    readsBody:
      test &&
      ((request) => {
        try {
          return test(request) === true
        } catch (error) {
          onFailure(error)
          return false
        }
      }),
  }
}
