/** Classifies requests by matching a pattern against an attribute. */
import { OptionError } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import { readerOf } from './attribute.ts'
import { checkPattern } from './check-pattern.ts'
import { type Classifier, defaultClass, readingBody } from './classifier.ts'

/**
 * Maximum number of characters that are matched, so that a costly pattern never gets a long text.
 */
const maxAttributeLength = 2048

/**
 * Creates a classifier that matches the pattern, which has a group `(?<class>...)`, against an
 * attribute (see `attributeForms`). A request that does not match gets the default class. Throws an
 * {@link OptionError} if the attribute or the pattern is invalid, or if a crafted request could
 * make the pattern take exponential time. The check runs once, and takes milliseconds for most
 * patterns.
 */
export function classifyByPattern(
  attribute: string,
  pattern: string | RegExp,
): Classifier<RequestClass> {
  const labels = ['the pattern of a classifier', 'the attribute of a classifier'] as const
  return patternClassifier(labels, attribute, pattern)
}

/** Like {@link classifyByPattern}; errors call the pattern and the attribute as `labels` say. */
export function patternClassifier(
  [option, attributeLabel]: readonly [pattern: string, attribute: string],
  attribute: string,
  pattern: string | RegExp,
): Classifier<RequestClass> {
  const read = readerOf(attribute, attributeLabel)
  const expression = compile(option, pattern)
  checkPattern(option, expression)
  return readingBody((request, body) => {
    const text = read(request, body)
    if (text === undefined) return defaultClass
    const match = expression.exec(text.slice(0, maxAttributeLength))
    return match?.groups?.['class'] ?? defaultClass
  }, read)
}

function compile(option: string, pattern: string | RegExp): RegExp {
  const source = typeof pattern === 'string' ? pattern : pattern.source
  // With the flags `g` or `y`, the result would depend on the previous request.
  const flags = typeof pattern === 'string' ? '' : pattern.flags.replace(/[gy]/g, '')
  const expectation = 'a regular expression with a group (?<class>...)'
  let reason = 'it has no group of this name'
  try {
    const expression = new RegExp(source, flags)
    // The empty alternative matches anything, and the match then lists the group names.
    const groups = new RegExp(`${source}|`, flags).exec('')?.groups
    if (groups && 'class' in groups) return expression
  } catch (error) {
    reason = (error as Error).message
  }
  throw new OptionError(option, expectation, source, { reason })
}
