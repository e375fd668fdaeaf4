/** The options about what is known of a request: `--request-classifier`, `--request-units` ... */
import { type ListSpec, OptionError, type TextSpec } from '@resumelb/common'
import { UsageError } from '@resumelb/common/cli'
import { attributeForms, isAttribute } from '../classify/attribute.ts'
import { classifyByAttribute, classifyWithSize } from '../classify/by-attribute.ts'
import { classifyByConversation } from '../classify/by-conversation.ts'
import { classifyByHost } from '../classify/by-host.ts'
import { patternClassifier } from '../classify/by-pattern.ts'
import type { Classifier } from '../classify/classifier.ts'
import { loadFunction, namesExport } from './load-export.ts'

const form = 'host, "regexp ATTRIBUTE PATTERN", an attribute, openai, anthropic or ./module.js#name'

const help: string = [
  'How a request is classified: host;',
  '"regexp ATTRIBUTE PATTERN", whose group (?<class>...) is matched against an attribute',
  `(${attributeForms}); such an attribute alone;`,
  'openai or anthropic, by the model, with the conversation;',
  'or ./module.js#name, a function of the request',
].join(' ')

export const classifierTable: {
  readonly requestClassifier: TextSpec & { readonly default: string }
  readonly requestUnits: TextSpec
  readonly requestChain: ListSpec & { readonly default: readonly string[] }
} = {
  requestClassifier: { type: 'text', form, alias: 'r', default: 'host', help },
  requestUnits: {
    type: 'text',
    form: 'an attribute',
    otherwise: 'as the classifier says',
    help: 'Attribute that is the size of a request, such as body-size or header:x-rows; workers learn how long a unit takes',
  },
  requestChain: {
    type: 'list',
    form: 'an attribute',
    default: [],
    help: 'Attribute that names what a request needs in caches within its class; may be repeated, from the general to the specific',
  },
}

/** What the options say; `labelOf` returns how the user has given an option. */
interface ClassifierLine {
  readonly values: {
    readonly requestClassifier: string
    readonly requestUnits?: string | undefined
    readonly requestChain: readonly string[]
  }
  labelOf(name: string): string
}

/**
 * Returns the classifier with the size and chain of requests. Throws an {@link OptionError} or a
 * {@link UsageError}.
 */
export async function classifierOf({ values, labelOf }: ClassifierLine): Promise<Classifier> {
  const { requestClassifier, requestUnits: units, requestChain: chain } = values
  const named = await classifierFrom(requestClassifier, labelOf('requestClassifier'))
  if (named === classifyByConversation && (units !== undefined || chain.length > 0)) {
    const lonely = labelOf(units === undefined ? 'requestChain' : 'requestUnits')
    throw new UsageError(`${lonely} is for other classifiers than ${requestClassifier}`)
  }
  const labels = { units: labelOf('requestUnits'), chain: labelOf('requestChain') }
  return classifyWithSize(named, { units, chain }, labels)
}

const regexpForm = /^regexp\s+(\S+)\s+(.+)$/s

/** Returns the classifier. Throws an {@link OptionError} if the text is invalid. */
export async function classifierFrom(
  text: string,
  option = '--request-classifier',
): Promise<Classifier> {
  if (text === 'host') return classifyByHost
  if (text === 'openai' || text === 'anthropic') return classifyByConversation
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
  if (isAttribute(text)) return classifyByAttribute(text, option)
  const isUnquoted = text === 'regexp' || /^regexp\s+\S+$/.test(text)
  throw new OptionError(option, form, text, {
    ...(isUnquoted && { reason: 'quote it as one word' }),
  })
}
