/** Finds the worker where a request with a chain costs least. docs/pools.md explains it. */
import type { Chain } from '@resumelb/protocol'
import type { Candidate } from '../../explanation.ts'
import type { Reason } from '../../pool.ts'
import type { CostMember } from './cost-member.ts'
import type { DepthIndex } from './depth-index.ts'
import { fade, riskOf } from './estimate.ts'
import type { Forecast } from './forecast.ts'
import type { MemberTable } from './member-table.ts'
import type { SizeFits } from './size-fits.ts'

/**
 * Workers that are looked at for each request. Of more, those that are warm for the chain, and some
 * of the others, in turn.
 */
const maxScanned = 1000

/** Time constants of the mean backlog and of the busy part of all workers, in seconds. */
const backlogMemory = 10
const busyMemory = 60

/** The busy part is taken for this at most: all that comes in the long run must be served. */
const maxBusy = 0.97

/** A request with a chain. */
export interface SizedRequest {
  /** Empty if no worker can be warm for the request. */
  readonly chain: Chain
  readonly units: number
  readonly classNumber: number
}

/** A request at one worker. Times are in seconds. */
export interface SizedChoice {
  /** Leading links of the chain that the worker is warm for, as far as is known. */
  depth: number
  /** Units that it would have to compute. */
  uncached: number
  /** What the request would take there, and what of that if nothing were warm. */
  service: number
  cold: number
  reason: Reason
  /** How much later it would end than at the worker where it would end first, of all. */
  regret: number
}

/** What a search needs besides the request. */
interface SizeSearchContext<Worker> {
  readonly members: readonly CostMember<Worker>[]
  readonly now: number
  readonly price: number
  readonly avoid: ReadonlySet<Worker> | undefined
  /** Where to write down what is considered; only to explain a choice. */
  readonly candidates?: Candidate<Worker>[]
}

/** What is known of workers and sizes. */
export interface SizeKnowledge {
  readonly table: MemberTable
  readonly depths: DepthIndex
  readonly fits: SizeFits
  readonly forecast: Forecast
}

/** Requests in progress per slot, and the part of slots that are busy, of all workers. */
interface Load {
  readonly backlog: number
  readonly busy: number
}

/** The load at a time, in seconds, and before it. */
interface Loads {
  readonly at: number
  readonly backlog: number
  readonly meanBacklog: number
  readonly meanBusy: number
}

/** What is found of a request at one worker. Times are in seconds. */
interface Appraisal {
  depth: number
  uncached: number
  wait: number
  service: number
  cold: number
  risk: number
  /** Until the request would have ended. */
  time: number
  /** By which it delays others at the worker, as a sum over them. */
  delay: number
  waste: number
}

/**
 * The cost of a request with a chain at a worker is, in seconds,
 *
 *     wait + service + risk + price × (backlog × service to the first byte + busyness × waste)
 *
 * Before a request is through, about as many others come to the worker as it has in progress, and
 * all of them are delayed by it. What is computed anew although another worker has it is waste: it
 * delays, wherever they go, all that come until the queues are empty. With a mean backlog N of all
 * workers that are busy for the part ρ of their time, these are N × ρ ÷ (1 − ρ), the busyness.
 */
export class SizeSearch<Worker> {
  /** The result of the last search. */
  readonly choice: SizedChoice = {
    depth: 0,
    uncached: 0,
    service: 0,
    cold: 0,
    reason: 'cold',
    regret: 0,
  }
  readonly #table: MemberTable
  readonly #depths: DepthIndex
  readonly #fits: SizeFits
  readonly #forecast: Forecast
  /** By member: its requests in progress, as of the present search. */
  readonly #requests: number[] = []
  readonly #seen: Appraisal = {
    depth: 0,
    uncached: 0,
    wait: 0,
    service: 0,
    cold: 0,
    risk: 0,
    time: 0,
    delay: 0,
    waste: 0,
  }
  /** As of the last search. */
  #loads: Loads = { at: Number.NEGATIVE_INFINITY, backlog: 0, meanBacklog: 0, meanBusy: 0 }
  /** Where in the list a search begins: those that cost the same have turns. */
  #start = 0

  constructor({ table, depths, fits, forecast }: SizeKnowledge) {
    this.#table = table
    this.#depths = depths
    this.#fits = fits
    this.#forecast = forecast
  }

  /** Finds the cheapest member, and puts what it costs there into {@link choice}. */
  find(request: SizedRequest, context: SizeSearchContext<Worker>): CostMember<Worker> | undefined {
    this.#loads = this.#average(this.#count(context), context.now)
    const member = this.#cheapest(request, context, busynessOf(this.#loads))
    this.#start++
    return member
  }

  /** Says whom {@link find} would find, and why; changes nothing. */
  explain(
    request: SizedRequest,
    context: SizeSearchContext<Worker>,
  ): CostMember<Worker> | undefined {
    const loads = this.#average(this.#count(context), context.now)
    return this.#cheapest(request, context, busynessOf(loads))
  }

  #cheapest(
    request: SizedRequest,
    context: SizeSearchContext<Worker>,
    busyness: number,
  ): CostMember<Worker> | undefined {
    const { choice } = this
    const depths = this.#depths
    const { members, avoid } = context
    depths.look(request.chain)
    this.#fits.select(request.classNumber)
    const deepest = this.#deepest(context)
    let best: CostMember<Worker> | undefined
    let leastCost = Number.POSITIVE_INFINITY
    let leastTime = Number.POSITIVE_INFINITY
    let bestTime = 0
    for (let i = 0; i < members.length; i++) {
      const member = members[(this.#start + i) % members.length] as CostMember<Worker>
      const depth = depths.at(member.number)
      if ((i >= maxScanned && depth === 0) || avoid?.has(member.worker)) continue
      const seen = this.#appraise(request, member, depth, deepest)
      const loss = context.price * (seen.delay + busyness * seen.waste)
      // Without the wait: what costs more already, and takes longer, need not be looked at closely.
      const isWorse = seen.service + loss >= leastCost && seen.service >= leastTime
      if (isWorse && context.candidates === undefined) continue
      this.#await(member.number, context.now)
      const cost = seen.time + loss
      if (context.candidates !== undefined) {
        context.candidates.push(this.#candidate(request, member, loss, deepest))
      }
      if (seen.time < leastTime) leastTime = seen.time
      if (cost >= leastCost) continue
      leastCost = cost
      best = member
      bestTime = seen.time
      choice.depth = depth
      choice.uncached = seen.uncached
      choice.service = seen.service
      choice.cold = seen.cold
    }
    choice.regret = bestTime - leastTime
    choice.reason = reasonOf(choice.depth, deepest)
    return best
  }

  /** What the request would take at a member that is warm so deep, once begun. */
  #appraise(
    { chain, units }: SizedRequest,
    { number, traits }: CostMember<Worker>,
    depth: number,
    deepest: number,
  ): Appraisal {
    const seen = this.#seen
    const table = this.#table
    const { fixed, perUnit, rest } = this.#fits.lineAt(number)
    const perLink = chain.length === 0 ? 0 : units / chain.length
    const backlog = ((this.#requests[number] as number) * traits.concurrency) / table.weight(number)
    seen.depth = depth
    seen.uncached = units - depth * perLink
    const first = fixed + perUnit * seen.uncached
    seen.service = first + rest
    seen.cold = fixed + perUnit * units + rest
    seen.delay = backlog * first
    seen.waste = perUnit * (deepest - depth) * perLink
    return seen
  }

  /** Adds how long it would wait there, and what it risks. */
  #await(member: number, now: number): void {
    const seen = this.#seen
    seen.wait = this.#table.wait(member, now, this.#forecast.predictability)
    seen.risk = riskOf(this.#table.failures.at(member, now), seen.cold)
    seen.time = seen.wait + seen.service + seen.risk
  }

  /** What was seen of the member, where others lose so many seconds. */
  #candidate(
    { units }: SizedRequest,
    { worker, backlog }: CostMember<Worker>,
    price: number,
    deepest: number,
  ): Candidate<Worker> {
    const { depth, uncached, wait, service, waste, risk, time } = this.#seen
    return {
      worker,
      role: reasonOf(depth, deepest),
      backlog,
      warmLinks: depth,
      warmUnits: units - uncached,
      wait,
      service,
      waste,
      risk,
      price,
      cost: time + price,
    }
  }

  #deepest({ members, avoid }: SizeSearchContext<Worker>): number {
    let deepest = 0
    for (const { number, worker } of members) {
      const depth = this.#depths.at(number)
      if (depth > deepest && !avoid?.has(worker)) deepest = depth
    }
    return deepest
  }

  /** Counts the requests in progress of all members; returns their mean per slot. */
  #count({ members, now }: SizeSearchContext<Worker>): Load {
    let backlog = 0
    let busy = 0
    for (const { number } of members) {
      const requests = this.#table.requests(number, now)
      this.#requests[number] = requests
      const perSlot = requests / this.#table.weight(number)
      backlog += perSlot
      busy += Math.min(1, perSlot)
    }
    return { backlog: backlog / members.length, busy: busy / members.length }
  }

  /** Requests find the workers as they are in the mean, so that it is enough to look then. */
  #average({ backlog, busy }: Load, now: number): Loads {
    const { at, meanBacklog, meanBusy } = this.#loads
    const age = now - at
    return {
      at: now,
      backlog,
      meanBacklog: meanBacklog + (1 - fade(age, backlogMemory)) * (backlog - meanBacklog),
      meanBusy: meanBusy + (1 - fade(age, busyMemory)) * (busy - meanBusy),
    }
  }
}

/** See {@link SizeSearch}. */
function busynessOf({ backlog, meanBacklog, meanBusy }: Loads): number {
  const busy = Math.min(meanBusy, maxBusy)
  return (Math.max(meanBacklog, backlog) * busy) / (1 - busy)
}

function reasonOf(depth: number, deepest: number): Reason {
  if (depth === 0) return 'cold'
  return depth < deepest ? 'spill' : 'home'
}
