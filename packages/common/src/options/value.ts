/** Checks values against their specs. Pure. */
import { OptionError } from '../errors.ts'
import { parseQuantity } from './quantity.ts'
import type { ChoiceSpec, NumberSpec, OptionSpec } from './spec.ts'

/** The value that a program gave, checked. Throws an {@link OptionError}. */
export function checkValue(option: string, spec: OptionSpec, given: unknown): unknown {
  if (!isOfKind(spec, given)) throw new OptionError(option, expectationOf(spec), given)
  if (spec.type === 'text') spec.check?.(given as string, option)
  if (spec.type === 'list') for (const one of given as readonly string[]) spec.check?.(one, option)
  return spec.type === 'choice' ? choiceOf(spec, given) : given
}

function isOfKind(spec: OptionSpec, given: unknown): boolean {
  switch (spec.type) {
    case 'flag':
      return typeof given === 'boolean'
    case 'list':
      return Array.isArray(given) && given.every((one) => typeof one === 'string')
    case 'choice':
      return choiceOf(spec, given) !== undefined
    case 'text':
      return typeof given === 'string'
    default:
      return typeof given === 'number' && isInRange(spec, given)
  }
}

/** The choice, as the table spells it. */
function choiceOf({ choices }: ChoiceSpec, given: unknown): string | undefined {
  const text = String(given).toLowerCase()
  return choices.find((choice) => choice.toLowerCase() === text)
}

/**
 * The value that a text stands for, on a command line or in a file. Throws an {@link OptionError}.
 */
export function readValue(option: string, spec: OptionSpec, text: string): unknown {
  switch (spec.type) {
    case undefined:
    case 'number': {
      const value = parseQuantity(text, spec.unit)
      if (isInRange(spec, value)) return value
      throw new OptionError(option, typedExpectationOf(spec), text)
    }
    case 'flag':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new OptionError(option, expectationOf(spec), text)
    case 'list':
      spec.check?.(text, option)
      return text
    default:
      return checkValue(option, spec, text)
  }
}

/** What a value must be, for the end of the sentence "Expected OPTION to be". */
export function expectationOf(spec: OptionSpec): string {
  switch (spec.type) {
    case 'flag':
      return 'true or false'
    case 'list':
      return `a list of ${spec.form}`
    case 'choice':
      return `one of ${spec.choices.join(', ')}`
    case 'text':
      return spec.form
    default:
      return `${spec.whole ? 'a whole number' : 'a number'} from ${spec.min} to ${spec.max}`
  }
}

/** The same in the units of a command line. */
export function typedExpectationOf(spec: OptionSpec): string {
  if (spec.type === 'list') return spec.form
  if ((spec.type !== undefined && spec.type !== 'number') || spec.unit === undefined) {
    return expectationOf(spec)
  }
  const { min, max, unit } = spec
  if (unit === 'bytes') return `bytes from ${min} to ${max} (k, m and g may follow)`
  const [from, to] = unit === 'ms' ? [min / 1000, max / 1000] : [min, max]
  return `seconds from ${from} to ${to}, or a time such as 500ms, 10s or 2m`
}

function isInRange({ min, max, whole }: NumberSpec, value: number): boolean {
  return value >= min && value <= max && (!whole || Number.isInteger(value))
}
