/** Adds the version that a request asks for, for pools with a part per version. */
import { readerOf } from './attribute.ts'
import { boundPick, type Classifier } from './classifier.ts'

/**
 * A classifier that says what `classifier` says, and takes the version from an attribute of the
 * request (see `attributeForms`), such as `cookie:version`. Throws an `OptionError` if the attribute
 * is not one.
 */
export function classifyByVersion(attribute: string, classifier: Classifier): Classifier {
  const read = readerOf(attribute)
  return (request) => ({ ...boundPick(classifier(request)), version: read(request) ?? '' })
}

/**
 * A classifier for those whose classifier names classes `VERSION/CLASS`, as van.resumelb's do. A name
 * without a slash is a class without a version.
 */
export function splitVersion(classifier: Classifier): Classifier {
  return (request) => {
    const pick = boundPick(classifier(request))
    const slash = pick.requestClass.indexOf('/')
    if (slash === -1) return pick
    const version = pick.requestClass.slice(0, slash)
    return { ...pick, version, requestClass: pick.requestClass.slice(slash + 1) }
  }
}
