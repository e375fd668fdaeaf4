/** Finds the worker where a request with a chain costs least. docs/pools.md explains it. */
import type { Chain } from '@resumelb/protocol'
import type { Candidate } from '../../explanation.ts'
import type { Reason } from '../../pool.ts'
import type { CostMember } from './cost-member.ts'
import type { DepthIndex } from './depth-index.ts'
import { riskOf } from './estimate.ts'
import { FleetLoad } from './fleet-load.ts'
import type { Forecast } from './forecast.ts'
import type { MemberTable } from './member-table.ts'
import type { SizeFits } from './size-fits.ts'

/**
 * Workers that are looked at for each request. Of more, those that are warm for the chain, and some
 * of the others, in turn.
 */
const maxScanned = 1000

/**
 * What a request is said to take, in seconds, before anything is known of any: a worker that does
 * not answer until then is not overdue.
 */
const unknownSeconds = 60

/** No request is expected to take longer, in seconds: a day. */
const longestRequest = 86_400

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
  /** Seconds of its slots that it takes until its first byte, and afterwards. */
  first: number
  rest: number
  reason: Reason
  /** How much later it would end than at the worker where it would end first, of all. */
  regret: number
}

/** What a search needs besides the request. */
interface SizeSearchContext<Worker> {
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

/** What a request takes at one worker, once begun, in seconds. */
interface Appraisal {
  readonly units: number
  readonly depth: number
  readonly uncached: number
  readonly first: number
  /** The part of the seconds to the first byte for which all slots wait. */
  readonly serving: number
  readonly rest: number
  readonly service: number
  readonly cold: number
  readonly waste: number
  /** What others lose. */
  readonly loss: number
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
    first: 0,
    rest: 0,
    reason: 'cold',
    regret: 0,
  }
  readonly #table: MemberTable
  readonly #depths: DepthIndex
  readonly #fits: SizeFits
  readonly #forecast: Forecast
  readonly #load: FleetLoad
  #members: readonly CostMember<Worker>[] = []
  /** The numbers of these, so that a search need not fetch each of them. */
  #numbers = new Int32Array(0)
  #hasNumbers = false
  /** Where in the list a search begins: those that cost the same have turns. */
  #start = 0
  // Of the present search:
  #context: SizeSearchContext<Worker> = { now: 0, price: 0, avoid: undefined }
  #deepest = 0
  #best: CostMember<Worker> | undefined
  #leastCost = 0
  #leastTime = 0
  #bestTime = 0

  constructor({ table, depths, fits, forecast }: SizeKnowledge) {
    this.#table = table
    this.#depths = depths
    this.#fits = fits
    this.#forecast = forecast
    this.#load = new FleetLoad(table)
  }

  /** To be called when members have come or gone. */
  setMembers(members: readonly CostMember<Worker>[]): void {
    this.#members = members
    this.#hasNumbers = false
  }

  /**
   * Finds the cheapest member, and puts what it costs there into {@link choice}. Nothing changes if
   * all are to be avoided: the request may be tried again with fewer to avoid.
   */
  find(request: SizedRequest, context: SizeSearchContext<Worker>): CostMember<Worker> | undefined {
    this.#search(request, context)
    if (this.#best === undefined) return undefined
    this.#load.keep()
    this.#start++
    return this.#best
  }

  /** Says whom {@link find} would find, and why; changes nothing that matters to it. */
  explain(
    request: SizedRequest,
    context: SizeSearchContext<Worker>,
  ): CostMember<Worker> | undefined {
    this.#search(request, context)
    return this.#best
  }

  #search(request: SizedRequest, context: SizeSearchContext<Worker>): void {
    this.#begin(request, context)
    this.#considerAll(request)
    const { choice } = this
    if (!this.#fits.isAnyKnown) choice.cold = unknownSeconds
    choice.regret = this.#bestTime - this.#leastTime
    choice.reason = reasonOf(choice.depth, this.#deepest)
  }

  #begin({ chain, classNumber, units }: SizedRequest, context: SizeSearchContext<Worker>): void {
    if (!this.#hasNumbers) this.#number()
    this.#load.look(context.now)
    this.#depths.look(chain)
    this.#fits.select(classNumber, units, context.now)
    const { avoid } = context
    this.#deepest = avoid === undefined ? this.#depths.deepest : this.#deepestBut(avoid)
    this.#context = context
    this.#best = undefined
    this.#leastCost = Number.POSITIVE_INFINITY
    this.#leastTime = Number.POSITIVE_INFINITY
    this.#bestTime = 0
  }

  #number(): void {
    this.#hasNumbers = true
    this.#numbers = Int32Array.from(this.#members, ({ number }) => number)
    this.#load.setMembers(this.#numbers)
  }

  /** Looks closely at those that may be better than all before, which are few. */
  #considerAll(request: SizedRequest): void {
    const { chain, units } = request
    const { price, candidates } = this.#context
    const { backlogs, busyness } = this.#load
    const numbers = this.#numbers
    const deepest = this.#deepest
    const unitsOfLink = chain.length === 0 ? 0 : units / chain.length
    let place = this.#start % numbers.length
    for (let i = 0; i < numbers.length; i++, place++) {
      if (place === numbers.length) place = 0
      const number = numbers[place] as number
      const depth = this.#depths.at(number)
      if (i >= maxScanned && depth === 0) continue
      const line = this.#fits.lineAt(number)
      const uncached = units - depth * unitsOfLink
      const first = Math.min(line.fixed + line.perUnit * uncached, longestRequest)
      const service = first + line.rest
      const waste = line.perUnit * (deepest - depth) * unitsOfLink
      const loss = price * ((backlogs[place] as number) * first + busyness * waste)
      // Neither takes less time nor costs less than the best, even without a wait.
      const isWorse = service >= this.#leastTime && service + loss >= this.#leastCost
      if (isWorse && candidates === undefined) continue
      this.#consider(place, {
        units,
        depth,
        uncached,
        first,
        serving: Math.min(first, line.perUnitAhead * uncached),
        rest: line.rest,
        service,
        cold: Math.min(line.fixed + line.perUnit * units, longestRequest) + line.rest,
        waste,
        loss,
      })
    }
  }

  #consider(place: number, appraisal: Appraisal): void {
    const { units, depth, uncached, service, cold, waste, loss } = appraisal
    const { now, avoid, candidates } = this.#context
    const member = this.#members[place] as CostMember<Worker>
    if (avoid?.has(member.worker)) return
    const wait = this.#table.wait(member.number, now, this.#forecast.predictability)
    const risk = riskOf(this.#table.failures.at(member.number, now), cold)
    const time = wait + service + risk
    const cost = time + loss
    candidates?.push({
      worker: member.worker,
      role: reasonOf(depth, this.#deepest),
      backlog: member.backlog,
      warmLinks: depth,
      warmUnits: units - uncached,
      wait,
      service,
      waste,
      risk,
      price: loss,
      cost,
    })
    if (time < this.#leastTime) this.#leastTime = time
    if (cost >= this.#leastCost) return
    this.#leastCost = cost
    this.#best = member
    this.#bestTime = time
    const { choice } = this
    choice.depth = depth
    choice.uncached = uncached
    choice.service = service
    choice.cold = cold
    choice.first = appraisal.first + (member.traits.concurrency - 1) * appraisal.serving
    choice.rest = appraisal.rest
  }

  #deepestBut(avoid: ReadonlySet<Worker>): number {
    let deepest = 0
    for (const { number, worker } of this.#members) {
      const depth = this.#depths.at(number)
      if (depth > deepest && !avoid.has(worker)) deepest = depth
    }
    return deepest
  }
}

function reasonOf(depth: number, deepest: number): Reason {
  if (depth === 0) return 'cold'
  return depth < deepest ? 'spill' : 'home'
}
