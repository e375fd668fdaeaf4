/** Puts the version that a request asks for before its class, for pools with a part per version. */
import { readerOf } from './attribute.ts'
import type { Classifier } from './classifier.ts'

/**
 * A classifier that names classes `version/class`, the version being an attribute of the request
 * (see `attributeForms`), such as `cookie:version`; empty if the request has none. Throws an
 * `OptionError` if the attribute is not one.
 */
export function classifyByVersion(attribute: string, classifier: Classifier): Classifier {
  const read = readerOf(attribute)
  // A slash would end the version, and is in none that a worker could have.
  return (request) => `${(read(request) ?? '').replaceAll('/', '')}/${classifier(request)}`
}
