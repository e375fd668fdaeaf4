/** Defaults as people read them. Pure. */
import type { OptionSpec } from './spec.ts'

/** The default as one would type it, or what is the case without the option. */
export function defaultText(spec: OptionSpec): string | undefined {
  if (spec.otherwise !== undefined) return spec.otherwise
  if (spec.default === undefined || spec.default === false) return undefined
  if (spec.type === 'list') return spec.default.length === 0 ? undefined : spec.default.join(', ')
  if (spec.type === undefined || spec.type === 'number') {
    return String(spec.unit === 'ms' ? spec.default / 1000 : spec.default)
  }
  return spec.default === '' ? undefined : String(spec.default)
}
