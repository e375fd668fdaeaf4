/** A classifier may be anybody's: what it throws or returns must not hurt. */
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'
import { boundPick, type Classifier, defaultClass } from './classifier.ts'

/** What `classifier` says; the default class, after a call of `onFailure`, if it fails. */
export function guardClassifier(
  classifier: Classifier,
  onFailure: (error: unknown) => void,
): (request: RequestView) => PickArgs {
  return (request) => {
    try {
      const answer: unknown = classifier(request)
      if (!(answer instanceof Promise)) return boundPick(answer)
      // Nobody else would hear of its failure, and Node.js would end the process.
      answer.catch(() => undefined)
      throw new TypeError('it returned a promise instead of a name')
    } catch (error) {
      onFailure(error)
      return { requestClass: defaultClass }
    }
  }
}
