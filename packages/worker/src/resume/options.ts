/** The settings of a résumé: how long it remembers, and how much. */
import { type GivenOptions, type OptionValues, resolveOptions } from '@resumelb/common'

export const resumeTable = {
  history: {
    default: 9999,
    min: 1,
    max: 1_000_000_000_000,
    help: 'Requests of any class over which a score fades to 1/e',
  },
  maxSkillAge: {
    min: 1,
    max: 10_000_000_000_000,
    otherwise: '10 × history',
    help: 'Requests of others after which a class is forgotten',
  },
  maxClasses: {
    default: 100_000,
    min: 1,
    max: 10_000_000,
    help: 'Classes that the résumé may hold; the one not seen for longest makes room',
  },
  window: {
    default: 64,
    min: 1,
    max: 1_000_000_000,
    help: 'Requests of one class over which its mean service time is taken',
  },
  recency: {
    default: 1000,
    min: 1,
    max: 1_000_000_000_000,
    help: "Requests of any class over which a class's count fades to 1/e: about as many as it takes an application's caches to forget a class",
  },
  rateTau: {
    default: 2,
    min: 0.001,
    max: 86_400,
    unit: 's',
    help: 'Seconds over which the rate of a class is taken',
  },
  minCount: {
    default: 0.05,
    min: 0,
    max: 1,
    help: 'A class whose count has faded below this is forgotten',
  },
} as const

/** How long a résumé remembers, and how much: see {@link resumeTable}. */
export type ResumeOptions = GivenOptions<typeof resumeTable>

export type ResolvedResumeOptions = { readonly [Name in keyof typeof resumeTable]: number }

const { maxSkillAge: _follows, ...defaults } = resolveOptions(resumeTable, {})

/** Every default but that of `maxSkillAge`, which follows from `history`. */
export const defaultResumeOptions: Omit<OptionValues<typeof resumeTable>, 'maxSkillAge'> = defaults

/** `maxSkillAge` ÷ `history` where only `history` is given. */
const historiesOfMaxSkillAge = 10

/**
 * Fills in the defaults. Settings that come as text ('2') are read as numbers. Throws an `OptionError`
 * that names the first bad option.
 */
export function resolveResumeOptions(options: ResumeOptions = {}): ResolvedResumeOptions {
  const resolved = resolveOptions(resumeTable, options, { acceptsText: true })
  const { maxSkillAge = historiesOfMaxSkillAge * resolved.history } = resolved
  return { ...resolved, maxSkillAge }
}
