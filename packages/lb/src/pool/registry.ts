/** The pools by name, for those who choose one with an option. */
import { OptionError } from '@resumelb/common'
import { ClassicPool, classicSettings } from './policies/classic-pool.ts'
import { byBacklogPerSlot, ClasslessPool } from './policies/classless-pool.ts'
import { costSettings } from './policies/cost/cost-settings.ts'
import { CostPool } from './policies/cost-pool.ts'
import { RandomPool } from './policies/random-pool.ts'
import { RendezvousPool, rendezvousSettings } from './policies/rendezvous-pool.ts'
import { RoundRobinPool } from './policies/round-robin-pool.ts'
import type { Pool } from './pool.ts'
import {
  checkSettingNames,
  type GivenSettings,
  resolveSettings,
  type SettingSpec,
  type SettingSpecs,
  type SomeSettings,
} from './settings.ts'
import { singleVersionSettings } from './wrappers/single-version-pool.ts'
import { statesSettings } from './wrappers/states-pool.ts'

/** What there is to know of a pool before there is one. */
export interface PoolKind {
  /** One line for `--help`. */
  readonly help: string
  readonly settings: SettingSpecs
  /** Throws an {@link OptionError} if a setting is bad. `random` is like `Math.random`. */
  create<Worker>(settings: GivenSettings, random: () => number): Pool<Worker>
}

/** A pool that there is nothing to set of. */
type NoSettings = Readonly<Record<never, SettingSpec>>

/** What may be set of each pool. */
interface SettingSpecsOfPools {
  cost: typeof costSettings
  classic: typeof classicSettings
  classless: NoSettings
  'least-backlog': NoSettings
  'power-of-two': NoSettings
  'round-robin': NoSettings
  random: NoSettings
  rendezvous: typeof rendezvousSettings
}

export type PoolName = keyof SettingSpecsOfPools

/** The settings of the pool of that name, and of the wrapper that heeds the states of workers. */
export type PoolSettings<Name extends PoolName> = SomeSettings<
  SettingSpecsOfPools[Name] & typeof statesSettings
>

/** Which versions get work, and settings that fit: only a single version is ever handed over. */
export type VersionsAndSettings<Settings> =
  | { readonly versions?: 'any' | 'requested'; readonly settings?: Settings }
  | {
      readonly versions: 'single'
      readonly settings?: Settings & SomeSettings<typeof singleVersionSettings>
    }

/** A choice of a pool by its name. Without one, it is the `cost` pool. */
export type NamedPool =
  | {
      [Name in PoolName]: { readonly pool: Name } & VersionsAndSettings<PoolSettings<Name>>
    }[PoolName]
  | ({ readonly pool?: undefined } & VersionsAndSettings<PoolSettings<'cost'>>)

/** A pool of the user's own, or a function that makes one for each version. */
export type OwnPool<Worker> =
  | { readonly pool: Pool<Worker>; readonly versions?: 'any'; readonly settings?: GivenSettings }
  | ({ readonly pool: () => Pool<Worker> } & VersionsAndSettings<GivenSettings>)

export const poolKinds: Readonly<Record<PoolName, PoolKind>> = {
  cost: {
    help: 'The worker with the lowest cost: expected wait, service time and wasted work.',
    settings: costSettings,
    create: <Worker>(settings: GivenSettings, random: () => number): Pool<Worker> =>
      new CostPool(resolveSettings(costSettings, settings), random),
  },
  classic: {
    help: "The worker with the best score per request in progress (zc.resumelb's rule).",
    settings: classicSettings,
    create: <Worker>(settings: GivenSettings): Pool<Worker> =>
      new ClassicPool(resolveSettings(classicSettings, settings)),
  },
  classless: {
    help: 'The worker with the fewest requests in progress; among equals, the least recently used.',
    settings: {},
    create: <Worker>(): Pool<Worker> => new ClasslessPool(),
  },
  'least-backlog': {
    help: 'The worker with the fewest requests in progress per slot.',
    settings: {},
    create: <Worker>(): Pool<Worker> => new ClasslessPool(byBacklogPerSlot),
  },
  'power-of-two': {
    help: 'The less busy of two workers chosen at random.',
    settings: {},
    create: <Worker>(_settings: GivenSettings, random: () => number): Pool<Worker> =>
      new RandomPool(2, random),
  },
  'round-robin': {
    help: 'Each worker in turn, regardless of load.',
    settings: {},
    create: <Worker>(): Pool<Worker> => new RoundRobinPool(),
  },
  random: {
    help: 'A worker chosen at random.',
    settings: {},
    create: <Worker>(_settings: GivenSettings, random: () => number): Pool<Worker> =>
      new RandomPool(1, random),
  },
  rendezvous: {
    help: 'The worker that the hash of the class selects, or the next one if that is too busy.',
    settings: rendezvousSettings,
    create: <Worker>(settings: GivenSettings): Pool<Worker> =>
      new RendezvousPool(resolveSettings(rendezvousSettings, settings)),
  },
}

/** The names of the settings of all pools and wrappers. */
const settingNames: readonly string[] = [
  ...new Set(
    [
      ...Object.values(poolKinds).map(({ settings }) => settings),
      statesSettings,
      singleVersionSettings,
    ].flatMap((specs) => Object.keys(specs)),
  ),
]

/**
 * Throws an {@link OptionError} for a name that no pool has a setting of. Settings of other pools
 * pass, because commands and trees have one set of settings whatever the pool; types tell them
 * apart.
 */
export function checkSettings(settings: GivenSettings): void {
  checkSettingNames(settings, settingNames)
}

export const poolNames: readonly PoolName[] = Object.keys(poolKinds) as PoolName[]

/**
 * Makes the pool of that name. Throws an {@link OptionError} if there is none, or if a setting of
 * the pool is bad, or has a name that no pool knows; those of other pools are ignored. Settings may
 * be texts, as in trees; programs whose settings are typed use {@link NamedPool}.
 */
export function createPool<Worker>(
  name: string,
  settings: GivenSettings = {},
  random: () => number = Math.random,
): Pool<Worker> {
  if (!isPoolName(name)) throw new OptionError('pool', `one of ${poolNames.join(', ')}`, name)
  checkSettings(settings)
  return poolKinds[name].create<Worker>(settings, random)
}

function isPoolName(name: string): name is PoolName {
  return Object.hasOwn(poolKinds, name)
}
