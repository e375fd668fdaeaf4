/** The policies that are compared: the real pools with some settings, and two references. */
import {
  type Assignment,
  composePool,
  createPool,
  defaultBalancingOptions,
  type GivenSettings,
  type Pool,
} from '@resumelb/lb'
import { OmniscientChooser } from './omniscient.ts'
import type { Site } from './scenario.ts'
import type { SimWorker } from './sim-worker.ts'
import type { Request, Workload } from './workload.ts'

/** What decides in a simulated balancer. */
export interface Chooser {
  readonly pool: Pick<Pool<SimWorker>, 'update' | 'remove' | 'tick' | 'explain' | 'summaries'>
  /** `avoid` holds the worker that has given the request back. */
  choose(
    request: Request,
    now: number,
    avoid?: ReadonlySet<SimWorker>,
  ): Assignment<SimWorker> | undefined
}

export interface Policy {
  readonly name: string
  /** True for what cannot be built: it is shown, but nothing is compared with it. */
  readonly isReference: boolean
  create(site: Site, random: () => number, workload: Workload): Chooser
  /** The site as the policy finds it. */
  readonly adaptSite?: (site: Site) => Site
}

const { maxFailures, ejectionTime, maxEjectionTime } = defaultBalancingOptions

/** When a load balancer ejects a worker, unless it is told otherwise. */
const ejection = {
  maxFailures,
  ejectionTime: ejectionTime / 1000,
  maxEjectionTime: maxEjectionTime / 1000,
}

/** A pool of @resumelb/lb, composed as in a load balancer. */
export function poolPolicy(name: string, pool: string, settings: GivenSettings = {}): Policy {
  return {
    name,
    isReference: false,
    create: (site, random) => {
      const create = () => createPool<SimWorker>(pool, settings, random)
      const made = composePool(create, { ejection, maxClassShare: site.maxClassShare })
      const choose: Chooser['choose'] = ({ requestClass }, now, avoid) => {
        if (avoid === undefined) return made.assign({ requestClass }, now)
        const pick = { requestClass, wasGivenBack: true }
        return made.assign(pick, now, avoid) ?? made.assign(pick, now)
      }
      return { pool: made, choose }
    },
  }
}

/** An only balancer that knows everything at once. */
const omniscient: Policy = {
  name: 'omniscient',
  isReference: true,
  create: (site, _random, workload) => new OmniscientChooser(site, workload),
  adaptSite: (site) => ({ ...site, balancers: 1, delay: 0 }),
}

/**
 * The best for a balancer that knows of classes, not of objects: how many of them fit where, how
 * popular they are, and what waits. Its messages take their time.
 */
const omniscientByClass: Policy = {
  name: 'omniscient by class',
  isReference: true,
  create: (site, _random, workload) => new OmniscientChooser(site, workload, 'classes'),
  adaptSite: (site) => ({ ...site, balancers: 1 }),
}

/** The omniscient chooser where no cache ever misses. */
const allHits: Policy = {
  ...omniscient,
  name: 'all hits',
  adaptSite: (site) => ({ ...site, balancers: 1, delay: 0, missSeconds: 0 }),
}

export const policies: readonly Policy[] = [
  poolPolicy('cost', 'cost'),
  poolPolicy('classic', 'classic'),
  poolPolicy('classic variance 4', 'classic', { variance: 4 }),
  poolPolicy('classless', 'classless'),
  poolPolicy('power-of-two', 'power-of-two'),
  poolPolicy('round-robin', 'round-robin'),
  poolPolicy('rendezvous 1.25', 'rendezvous', { bound: 1.25 }),
  poolPolicy('rendezvous 2', 'rendezvous', { bound: 2 }),
  omniscient,
  allHits,
]

/** The default policy where requests are served in the order in which they come. */
const firstCome: Policy = {
  ...poolPolicy('cost, first come', 'cost'),
  adaptSite: (site) => ({ ...site, turns: 'first come', maxClassShare: 1 }),
}

/**
 * A policy by its name, or a pool of @resumelb/lb with settings: `cost:price=2,spares=4`. A name
 * that {@link checkPolicy} refuses throws when the policy is used.
 */
export function policyNamed(name: string): Policy {
  return knownPolicy(name) ?? poolPolicy(name, ...poolIn(name))
}

/** Throws an `OptionError` if there is no such policy. */
export function checkPolicy(name: string): void {
  if (knownPolicy(name) === undefined) createPool(...poolIn(name))
}

function knownPolicy(name: string): Policy | undefined {
  return [...policies, omniscientByClass, firstCome].find((policy) => policy.name === name)
}

function poolIn(name: string): [pool: string, settings: GivenSettings] {
  const [pool = '', settings = ''] = name.split(':')
  const pairs = settings.split(',').filter((pair) => pair !== '')
  return [pool, Object.fromEntries(pairs.map((pair) => pair.split('=')))]
}
