/** Adds the version that a request asks for, for pools with a sub-pool per version. */
import { readerOf } from './attribute.ts'
import { boundPick, type Classifier, readingBody } from './classifier.ts'

/**
 * Creates a classifier that returns what `classifier` returns, plus the version from an attribute
 * of the request (see `attributeForms`), such as `cookie:version`. Throws an `OptionError` if the
 * attribute is invalid, which calls it `label`.
 */
export function classifyByVersion(
  attribute: string,
  classifier: Classifier,
  label = 'the attribute of a version',
): Classifier {
  const read = readerOf(attribute, label)
  return readingBody(
    (request, body) => ({
      ...boundPick(classifier(request, body)),
      version: read(request, body) ?? '',
    }),
    classifier,
    read,
  )
}

/**
 * Adapts a classifier that returns `VERSION/CLASS`, as in van.resumelb. A name without a slash is a
 * class without a version.
 */
export function splitVersion(classifier: Classifier): Classifier {
  return readingBody((request, body) => {
    const pick = boundPick(classifier(request, body))
    const slash = pick.requestClass.indexOf('/')
    if (slash === -1) return pick
    const version = pick.requestClass.slice(0, slash)
    return { ...pick, version, requestClass: pick.requestClass.slice(slash + 1) }
  }, classifier)
}
