/** The settings of a résumé: how long it remembers, and how much. */
import { OptionError } from '@resumelb/common'

export interface ResumeOptions {
  /** Requests of any class over which a score fades to 1/e. From 1. */
  readonly history?: number
  /** A class is forgotten after so many requests of others. From 1; ten times `history` if absent. */
  readonly maxSkillAge?: number
  /** Classes the résumé may hold; the one not seen for longest makes room. From 1 to 10 million. */
  readonly maxClasses?: number
  /** Requests of one class over which its mean service time is taken. From 1. */
  readonly window?: number
  /**
   * Requests of any class over which a class's count fades to 1/e. From 1. About as many as it
   * takes an application's caches to forget a class.
   */
  readonly recency?: number
  /** Seconds over which the rate of a class is taken. Above 0. */
  readonly rateTau?: number
  /** A class whose count has faded below this is forgotten. From 0 to 1. */
  readonly minCount?: number
}

export type ResolvedResumeOptions = Required<ResumeOptions>

/** Every default but that of `maxSkillAge`, which follows from `history`. */
export const defaultResumeOptions: Omit<ResolvedResumeOptions, 'maxSkillAge'> = {
  history: 9999,
  maxClasses: 100_000,
  window: 64,
  recency: 1000,
  rateTau: 2,
  minCount: 0.05,
}

/** `maxSkillAge` ÷ `history` where only `history` is given. */
const historiesOfMaxSkillAge = 10

const limits: Readonly<Record<keyof ResumeOptions, readonly [min: number, max: number]>> = {
  history: [1, 1e12],
  maxSkillAge: [1, 1e13],
  maxClasses: [1, 1e7],
  window: [1, 1e9],
  recency: [1, 1e12],
  rateTau: [0.001, 86_400],
  minCount: [0, 1],
}

/**
 * Fills in the defaults. Settings that come as text ('2') are read as numbers. Throws an
 * {@link OptionError} that names the first bad option.
 */
export function resolveResumeOptions(options: ResumeOptions = {}): ResolvedResumeOptions {
  const history = checked('history', options.history ?? defaultResumeOptions.history)
  const all = { ...defaultResumeOptions, maxSkillAge: historiesOfMaxSkillAge * history }
  const names = Object.keys(limits) as (keyof ResumeOptions)[]
  return Object.fromEntries(
    names.map((name) => [name, checked(name, options[name] ?? all[name])]),
  ) as unknown as ResolvedResumeOptions
}

function checked(name: keyof ResumeOptions, given: unknown): number {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  const [min, max] = limits[name]
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw new OptionError(name, `a number from ${min} to ${max}`, given)
}
