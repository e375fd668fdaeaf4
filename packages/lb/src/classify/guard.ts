/** Guards against user-defined classifiers that throw, or return something else than a name. */
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'
import { boundPick, type Classifier, defaultClass } from './classifier.ts'

/**
 * Returns what `classifier` returns. If it fails, calls `onFailure` and returns the default class.
 */
export function guardClassifier(
  classifier: Classifier,
  onFailure: (error: unknown) => void,
): (request: RequestView) => PickArgs {
  return (request) => {
    try {
      const answer: unknown = classifier(request)
      if (!(answer instanceof Promise)) return boundPick(answer)
      // An unhandled rejection would end the process.
      answer.catch(() => undefined)
      throw new TypeError('it returned a promise instead of a name')
    } catch (error) {
      onFailure(error)
      return { requestClass: defaultClass }
    }
  }
}
