/** The class of a request is what a pattern finds in one of its attributes. */
import { OptionError } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import type { RequestView } from '../http/request-view.ts'
import { readerOf } from './attribute.ts'
import { checkPattern } from './check-pattern.ts'
import { defaultClass } from './classifier.ts'

/** Characters of an attribute that the pattern sees: a costly pattern shall not meet a long text. */
const maxAttributeLength = 2048

/**
 * A classifier that matches the pattern, which has a group `(?<class>...)`, against an attribute
 * (see `attributeForms`). What does not match, or lacks the attribute, is of the default class.
 * Throws an {@link OptionError} if the attribute or the pattern is not one, or if a crafted request could
 * make the pattern run for ever. That is found out once, in milliseconds for most patterns.
 */
export function classifyByPattern(
  attribute: string,
  pattern: string | RegExp,
): (request: RequestView) => RequestClass {
  return patternClassifier('the pattern of a classifier', attribute, pattern)
}

/** The same, whose errors name that option. */
export function patternClassifier(
  option: string,
  attribute: string,
  pattern: string | RegExp,
): (request: RequestView) => RequestClass {
  const read = readerOf(attribute)
  const expression = compile(option, pattern)
  checkPattern(option, expression)
  return (request) => {
    const text = read(request)
    if (text === undefined) return defaultClass
    const match = expression.exec(text.slice(0, maxAttributeLength))
    return match?.groups?.['class'] ?? defaultClass
  }
}

function compile(option: string, pattern: string | RegExp): RegExp {
  const source = typeof pattern === 'string' ? pattern : pattern.source
  // A `g` or `y` would make the outcome depend on the request before.
  const flags = typeof pattern === 'string' ? '' : pattern.flags.replace(/[gy]/g, '')
  const expectation = 'a regular expression with a group (?<class>...)'
  try {
    const expression = new RegExp(source, flags)
    // The alternative matches anything, and then lists the groups that there are.
    const groups = new RegExp(`${source}|`, flags).exec('')?.groups
    if (groups && 'class' in groups) return expression
  } catch {
    // Not a regular expression at all.
  }
  throw new OptionError(option, expectation, source)
}
