/** The options that a program gives, checked and completed. Pure. */
import { OptionError } from '../errors.ts'
import { parseQuantity } from './quantity.ts'
import { hintAt } from './similar.ts'
import { defaultsOf, type GivenOptions, type OptionTable, type OptionValues } from './spec.ts'
import { checkValue } from './value.ts'

/**
 * Fills in the defaults. What is undefined counts as not given, and names that the table does not
 * have are left to {@link refuseUnknown}. With `acceptsText`, for the properties of trees, numbers
 * may come as text. Throws an {@link OptionError} that names the first bad option.
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: GivenOptions<Table>,
  { acceptsText = false }: { readonly acceptsText?: boolean } = {},
): OptionValues<Table> {
  const resolved: Record<string, unknown> = { ...defaultsOf(table) }
  for (const [name, spec] of Object.entries(table)) {
    const value: unknown = given[name]
    if (value === undefined) continue
    resolved[name] = checkValue(name, spec, acceptsText ? numberIn(value) : value)
  }
  return resolved as OptionValues<Table>
}

/** The number that is written in a text, or else what was given. */
function numberIn(given: unknown): unknown {
  if (typeof given !== 'string') return given
  const number = parseQuantity(given)
  return Number.isNaN(number) ? given : number
}

/** Throws an {@link OptionError} for the first name that is not one of those that are known. */
export function refuseUnknown(given: object, known: readonly string[], what = 'an option'): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    throw new OptionError(what, `one of ${known.join(', ')}`, name, hintAt(name, known))
  }
}
