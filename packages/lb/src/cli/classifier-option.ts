/** The option `--request-classifier`. */
import { OptionError } from '@resumelb/common'
import { attributeForms } from '../classify/attribute.ts'
import { classifyByHost } from '../classify/by-host.ts'
import { patternClassifier } from '../classify/by-pattern.ts'
import type { Classifier } from '../classify/classifier.ts'
import { loadFunction, namesExport } from './load-export.ts'

export const classifierHelp: string = [
  'How a request is classified: host;',
  '"regexp ATTRIBUTE PATTERN", whose group (?<class>...) is matched against an attribute',
  `(${attributeForms}); or ./module.js#name, a function of the request`,
].join(' ')

const regexpForm = /^regexp\s+(\S+)\s+(.+)$/s

/** Returns the classifier. Throws an {@link OptionError} if the text is invalid. */
export async function classifierFrom(
  text: string,
  option = '--request-classifier',
): Promise<Classifier> {
  if (text === 'host') return classifyByHost
  if (namesExport(text)) {
    const classifier = await loadFunction(option, text)
    if (classifier.constructor.name !== 'AsyncFunction') return classifier as Classifier
    throw new OptionError(option, 'a function that returns a name at once', text, {
      shown: 'an async function',
    })
  }
  const match = regexpForm.exec(text)
  if (match) {
    const [, attribute = '', pattern = ''] = match
    return patternClassifier([option, `the attribute in ${option}`], attribute, pattern)
  }
  const isUnquoted = text === 'regexp' || /^regexp\s+\S+$/.test(text)
  throw new OptionError(option, 'host, "regexp ATTRIBUTE PATTERN" or ./module.js#name', text, {
    ...(isUnquoted && { reason: 'quote it as one word' }),
  })
}
