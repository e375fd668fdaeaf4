/** Numbers that an operator may set, at start and while running. */
import { hintAt, OptionError } from '@resumelb/common'

/** What one setting means and which values it may have. */
export interface SettingSpec {
  readonly default: number
  readonly min: number
  readonly max: number
  /** A fraction is cut off, as zc.resumelb did with `backlog_history`. */
  readonly whole?: true
  /** One line, with the unit, for `--help` and the documentation. */
  readonly help: string
}

/** The limit of the tables of policies that remember classes. */
export const maxClasses: SettingSpec = {
  default: 100_000,
  min: 1,
  max: 1e7,
  whole: true,
  help: 'Maximum number of request classes to remember.',
}

export type SettingSpecs = Readonly<Record<string, SettingSpec>>

/** A value for each setting that the specs name. */
export type Settings<Specs extends SettingSpecs> = { readonly [Name in keyof Specs]: number }

/** Settings as a program gives them: what is absent gets its default. */
export type SomeSettings<Specs> = { readonly [Name in keyof Specs]?: number }

/** Settings as an operator gives them: strings may be numbers, names may have other owners. */
export type GivenSettings = Readonly<Record<string, unknown>>

/** The changes that make the one settings of the other; null for what is no longer given. */
export function settingChanges(before: GivenSettings, after: GivenSettings): GivenSettings {
  const names = Object.keys({ ...before, ...after })
  const changed = names.filter((name) => before[name] !== after[name])
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null]))
}

/** Settings with some changes; one that is changed to null or undefined is no longer given. */
export function changedSettings(before: GivenSettings, changes: GivenSettings): GivenSettings {
  const all = Object.entries({ ...before, ...changes })
  return Object.fromEntries(all.filter(([, value]) => (value ?? undefined) !== undefined))
}

/**
 * Throws an {@link OptionError} if a name is none of `known`, in camelCase or snake_case. Not for
 * settings from a tree, whose other properties belong to others.
 */
export function checkSettingNames(given: GivenSettings, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.some((other) => name === other || name === snakeCase(other))) continue
    throw new OptionError('settings', `of ${known.join(', ')}`, name, hintAt(name, known))
  }
}

/**
 * Takes the settings that the specs name, under that name or its `snake_case` form (as in the trees
 * of zc.resumelb). What is absent, undefined or null gets its default.
 * Throws an {@link OptionError} that names the first bad one.
 */
export function resolveSettings<Specs extends SettingSpecs>(
  specs: Specs,
  given: GivenSettings,
): Settings<Specs> {
  const entries = Object.entries(specs).map(([name, spec]) => [
    name,
    resolve(name, spec, given[name] ?? given[snakeCase(name)]),
  ])
  return Object.fromEntries(entries) as Settings<Specs>
}

function resolve(name: string, spec: SettingSpec, given: unknown): number {
  if (given === undefined || given === null) return spec.default
  const number = toNumber(given)
  const value = spec.whole ? Math.trunc(number) : number
  if (!(value >= spec.min && value <= spec.max)) {
    throw new OptionError(name, `from ${spec.min} to ${spec.max}`, given)
  }
  return value
}

function toNumber(given: unknown): number {
  if (typeof given === 'number') return given
  return typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN
}

/** `backlogHistory` as `backlog_history`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
