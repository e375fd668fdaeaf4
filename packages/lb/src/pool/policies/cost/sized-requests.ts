/** Requests with a chain, a size or both, as the cost pool treats them. */
import type { RequestClass, Skill } from '@resumelb/protocol'
import type { Candidate, Explanation } from '../../explanation.ts'
import type { Members } from '../../members.ts'
import type { PickArgs } from '../../pick.ts'
import type { WorkerUpdate } from '../../pool.ts'
import type { CostMember } from './cost-member.ts'
import { DepthIndex } from './depth-index.ts'
import { Forecast } from './forecast.ts'
import type { MemberTable } from './member-table.ts'
import { SizeFits } from './size-fits.ts'
import { type SizedChoice, type SizedRequest, SizeSearch } from './size-search.ts'

/** How to choose: the weight of what others lose, and the workers that may not have the request. */
export interface SizedContext<Worker> {
  readonly now: number
  readonly price: number
  readonly avoid: ReadonlySet<Worker> | undefined
}

/** Gives classes numbers, and finds those that have one. */
export interface ClassNumbers {
  use(requestClass: RequestClass): number
  /** `none` if it has none. */
  find(requestClass: RequestClass): number
}

/**
 * Finds workers for requests with a chain, and learns from those with a size, too. A worker that has
 * got a request counts as warm for its whole chain at once, until it says otherwise.
 */
export class SizedRequests<Worker> {
  readonly #members: Members<Worker, CostMember<Worker>>
  readonly #depths = new DepthIndex()
  readonly #fits = new SizeFits()
  readonly #forecast = new Forecast()
  readonly #search: SizeSearch<Worker>

  constructor(members: Members<Worker, CostMember<Worker>>, table: MemberTable) {
    this.#members = members
    this.#search = new SizeSearch({
      table,
      depths: this.#depths,
      fits: this.#fits,
      forecast: this.#forecast,
    })
  }

  /** What the last worker was chosen for. */
  get choice(): SizedChoice {
    return this.#search.choice
  }

  join(member: number): void {
    this.#depths.reserve(member + 1)
    this.#search.setMembers(this.#members.list)
  }

  leave(member: number): void {
    this.#depths.forget(member)
    this.#fits.forgetMember(member)
    this.#search.setMembers(this.#members.list)
  }

  forgetClass(classNumber: number): void {
    this.#fits.forgetClass(classNumber)
  }

  /** Takes in what a worker says. */
  update(member: number, news: WorkerUpdate, classes: ClassNumbers, now: number): void {
    if (news.warmth !== undefined) this.#depths.update(member, news.warmth)
    if (news.resume !== undefined) this.#fits.forgetLines(member)
    for (const skills of [news.resume, news.changes]) {
      for (const [requestClass, skill] of skills ?? []) {
        // A class without a size must not be given a number for nothing.
        if (skill?.fixed === undefined) this.#fits.forget(member, classes.find(requestClass))
        else this.#fits.learn(member, classes.use(requestClass), skill, now)
      }
    }
  }

  /**
   * How many times as long as a request of mean size one takes that tells only its size: its class
   * says where it is warm.
   */
  scaleOf(classNumber: number, units: number): number {
    return this.#fits.scaleOf(classNumber, units)
  }

  /** A request that tells only its size is assigned. */
  use(classNumber: number, units: number): void {
    this.#fits.use(classNumber, units)
  }

  /** Finds the worker for the request, and reckons with it from now on. */
  assign(
    pick: PickArgs,
    classNumber: number,
    context: SizedContext<Worker>,
  ): CostMember<Worker> | undefined {
    const request = requestOf(pick, classNumber)
    const member = this.#search.find(request, context)
    if (member === undefined) return undefined
    this.#depths.warm(member.number, request.chain, this.choice.depth)
    this.#fits.use(classNumber, this.choice.uncached)
    return member
  }

  /** Whom {@link assign} would find, and why; changes nothing. */
  explain(pick: PickArgs, classNumber: number, context: SizedContext<Worker>): Explanation<Worker> {
    const candidates: Candidate<Worker>[] = []
    const request = requestOf(pick, classNumber)
    const chosen = this.#search.explain(request, { ...context, candidates })
    return { chosen: chosen?.worker, candidates }
  }

  /** A request that was expected to take `expected` seconds took `seconds`. */
  learn(
    member: number,
    classNumber: number,
    skill: Skill,
    expected: number,
    seconds: number | undefined,
    now: number,
  ): void {
    this.learnFit(member, classNumber, skill, now)
    if (seconds !== undefined) this.#forecast.learn(seconds, expected, 0)
  }

  /** Takes in what a worker says after a request; a skill without a size says nothing. */
  learnFit(member: number, classNumber: number, skill: Skill, now: number): void {
    this.#fits.refine(member, classNumber, skill, now)
  }
}

function requestOf({ chain = [], units = 1 }: PickArgs, classNumber: number): SizedRequest {
  return { chain, units, classNumber }
}
