/** Classes, sizes and chains from attributes of requests. */
import type { RequestClass } from '@resumelb/protocol'
import { type AttributeReader, readerOf } from './attribute.ts'
import {
  boundPick,
  type Classification,
  type Classifier,
  defaultClass,
  readingBody,
} from './classifier.ts'

/** Where the size and the chain of a request come from. */
export interface SizeAttributes {
  /** An attribute that is a number from 0, such as `body-size` (see `attributeForms`). */
  readonly units?: string | undefined
  /**
   * Attributes from the general to the specific. The chain ends before the first that a request
   * does not have.
   */
  readonly chain?: readonly string[]
}

/** What errors call the attributes. */
const usualLabels = { units: 'the attribute of units', chain: 'an attribute of a chain' }

/**
 * Creates a classifier whose class is the attribute itself (see `attributeForms`); a request that
 * does not have it gets the default class. Throws an `OptionError` if the attribute is invalid,
 * which calls it `label`.
 */
export function classifyByAttribute(
  attribute: string,
  label = 'the attribute of a classifier',
): Classifier {
  const read = readerOf(attribute, label)
  const classify = (...args: Parameters<AttributeReader>): RequestClass =>
    read(...args) ?? defaultClass
  return readingBody(classify, read)
}

/**
 * Creates a classifier that returns what `classifier` returns, plus the size and the chain that the
 * request has in these attributes. Throws an `OptionError` if one of them is invalid.
 */
export function classifyWithSize(
  classifier: Classifier,
  { units, chain = [] }: SizeAttributes,
  labels: typeof usualLabels = usualLabels,
): Classifier {
  const readUnits = units === undefined ? undefined : readerOf(units, labels.units)
  const readNames = chain.map((attribute) => readerOf(attribute, labels.chain))
  const readers = readUnits === undefined ? readNames : [readUnits, ...readNames]
  if (readers.length === 0) return classifier
  return readingBody(
    (request, body) => {
      const pick: Classification = boundPick(classifier(request, body))
      const size = Number(readUnits?.(request, body) || Number.NaN)
      const names: string[] = []
      for (const read of readNames) {
        const name = read(request, body)
        if (name === undefined) break
        names.push(name)
      }
      return {
        ...pick,
        ...(size >= 0 && { units: size }),
        ...(names.length > 0 && { chain: names }),
      }
    },
    classifier,
    ...readers,
  )
}
