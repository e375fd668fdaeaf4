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
import type { GivenSettings, SettingSpecs } from './settings.ts'

/** What there is to know of a pool before there is one. */
export interface PoolKind {
  /** One line for `--help`. */
  readonly help: string
  readonly settings: SettingSpecs
  /** Throws an {@link OptionError} if a setting is bad. `random` is like `Math.random`. */
  create<Worker>(settings: GivenSettings, random: () => number): Pool<Worker>
}

export type PoolName =
  | 'cost'
  | 'classic'
  | 'classless'
  | 'least-backlog'
  | 'power-of-two'
  | 'round-robin'
  | 'random'
  | 'rendezvous'

export const poolKinds: Readonly<Record<PoolName, PoolKind>> = {
  cost: {
    help: 'The worker where the request costs least: wait, service time and wasted work.',
    settings: costSettings,
    create: <Worker>(settings: GivenSettings, random: () => number): Pool<Worker> =>
      new CostPool(settings, random),
  },
  classic: {
    help: "The worker with the best score per request in progress (zc.resumelb's rule).",
    settings: classicSettings,
    create: <Worker>(settings: GivenSettings): Pool<Worker> => new ClassicPool(settings),
  },
  classless: {
    help: 'The worker with the fewest requests in progress, then the least recently used.',
    settings: {},
    create: <Worker>(): Pool<Worker> => new ClasslessPool(),
  },
  'least-backlog': {
    help: 'The worker with the fewest requests in progress per slot, so that big workers get more.',
    settings: {},
    create: <Worker>(): Pool<Worker> => new ClasslessPool(byBacklogPerSlot),
  },
  'power-of-two': {
    help: 'The one with fewer requests in progress per slot of two workers drawn by chance.',
    settings: {},
    create: <Worker>(_settings: GivenSettings, random: () => number): Pool<Worker> =>
      new RandomPool(2, random),
  },
  'round-robin': {
    help: 'Every worker in turn, whatever it has to do.',
    settings: {},
    create: <Worker>(): Pool<Worker> => new RoundRobinPool(),
  },
  random: {
    help: 'Any worker, by chance alone.',
    settings: {},
    create: <Worker>(_settings: GivenSettings, random: () => number): Pool<Worker> =>
      new RandomPool(1, random),
  },
  rendezvous: {
    help: 'The worker that the hash of the class chooses, or the next one while that is too busy.',
    settings: rendezvousSettings,
    create: <Worker>(settings: GivenSettings): Pool<Worker> => new RendezvousPool(settings),
  },
}

export const poolNames: readonly PoolName[] = Object.keys(poolKinds) as PoolName[]

/**
 * Makes the pool of that name. Throws an {@link OptionError} if there is none, or if a setting of
 * the pool is bad; settings that the pool does not know are ignored.
 */
export function createPool<Worker>(
  name: string,
  settings: GivenSettings = {},
  random: () => number = Math.random,
): Pool<Worker> {
  if (!isPoolName(name)) throw new OptionError('pool', `one of ${poolNames.join(', ')}`, name)
  return poolKinds[name].create<Worker>(settings, random)
}

function isPoolName(name: string): name is PoolName {
  return Object.hasOwn(poolKinds, name)
}
