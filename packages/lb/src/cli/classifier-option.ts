/** The classifier that `--request-classifier` describes. */

import { OptionError } from '@resumelb/common'
import { attributeForms } from '../classify/attribute.ts'
import { classifyByHost } from '../classify/by-host.ts'
import { classifyByPattern } from '../classify/by-pattern.ts'
import type { Classifier } from '../classify/classifier.ts'
import { loadFunction, namesExport } from './load-export.ts'

export const classifierHelp: string = [
  'What names the class of a request: host;',
  '"regexp ATTRIBUTE PATTERN", whose group (?<class>...) is matched against an attribute',
  `(${attributeForms}); or ./module.js#name, a function of the request`,
].join(' ')

const regexpForm = /^regexp\s+(\S+)\s+(.+)$/s

/** Throws an {@link OptionError} if the text describes no classifier. */
export async function classifierFrom(text: string): Promise<Classifier> {
  if (text === 'host') return classifyByHost
  if (namesExport(text)) return (await loadFunction('request-classifier', text)) as Classifier
  const match = regexpForm.exec(text)
  if (match) return classifyByPattern(match[1] as string, match[2] as string)
  throw new OptionError(
    'request-classifier',
    'host, "regexp ATTRIBUTE PATTERN" or ./module.js#name',
    text,
  )
}
