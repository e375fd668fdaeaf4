/** The settings of a résumé. */
import { type GivenOptions, type OptionValues, resolveOptions } from '@resumelb/common'

export const resumeTable = {
  history: {
    default: 9999,
    min: 1,
    max: 1_000_000_000_000,
    help: 'Number of requests, of all classes, over which a score decays to 1/e',
  },
  maxSkillAge: {
    min: 1,
    max: 10_000_000_000_000,
    otherwise: '10 × history',
    help: 'Number of requests of other classes after which a class is forgotten',
  },
  maxClasses: {
    default: 100_000,
    min: 1,
    max: 10_000_000,
    help: 'Maximum number of classes in the résumé; the least recently used one is dropped',
  },
  window: {
    default: 64,
    min: 1,
    max: 1_000_000_000,
    help: 'Number of requests of a class over which its service time is averaged',
  },
  recency: {
    default: 1000,
    min: 1,
    max: 1_000_000_000_000,
    help: 'Number of requests, of all classes, over which the count of a class decays to 1/e: about as many as evict a class from the caches of the application',
  },
  rateTau: {
    default: 2,
    min: 0.001,
    max: 86_400,
    unit: 's',
    help: 'Seconds over which the request rate of a class is averaged',
  },
  minCount: {
    default: 0.05,
    min: 0,
    max: 1,
    help: 'A class whose count has decayed below this is forgotten',
  },
  maxWarmLinks: {
    default: 65_536,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Maximum number of chain links remembered as warm or recently evicted; the least recently used one is dropped',
  },
} as const

/** How long a résumé remembers, and how much: see {@link resumeTable}. */
export type ResumeOptions = GivenOptions<typeof resumeTable>

export type ResolvedResumeOptions = { readonly [Name in keyof typeof resumeTable]: number }

const { maxSkillAge: _follows, ...defaults } = resolveOptions(resumeTable, {})

/** All defaults except `maxSkillAge`, which depends on `history`. */
export const defaultResumeOptions: Omit<OptionValues<typeof resumeTable>, 'maxSkillAge'> = defaults

/** `maxSkillAge` ÷ `history` if only `history` is given. */
const historiesOfMaxSkillAge = 10

/**
 * Fills in the defaults. Settings given as text ('2') are parsed as numbers. Throws an
 * `OptionError` for the first invalid one.
 */
export function resolveResumeOptions(options: ResumeOptions = {}): ResolvedResumeOptions {
  const resolved = resolveOptions(resumeTable, options, { acceptsText: true })
  const { maxSkillAge = historiesOfMaxSkillAge * resolved.history } = resolved
  return { ...resolved, maxSkillAge }
}
