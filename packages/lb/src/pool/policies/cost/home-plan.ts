/** Plans homes of classes evenly, so that load balancers that know the same classes plan the same. */
import type { RendezvousTable } from '../../structures/rendezvous-table.ts'
import { maxChoices } from './cost-settings.ts'

/**
 * A worker holds at most so many times its share of all homes. The less, the more even are they;
 * but where all workers are full, one more class moves many others.
 */
const evenness = 1.05

/** A class for which homes are planned. */
export interface PlannedClass {
  readonly classNumber: number
  /** The same in all load balancers. */
  readonly hash: number
  /** What its requests keep busy: seconds of work per second. */
  readonly demand: number
  /** How many homes it should have. */
  readonly homes: number
}

/** A worker that may be a home. */
export interface HomeOwner {
  readonly number: number
  readonly weight: number
  /** From 0 to 1, the same in all load balancers: it decides who holds one home more than others. */
  readonly fraction: number
}

/** What is planned for a worker. */
interface Plan {
  readonly owner: HomeOwner
  homes: number
  demand: number
}

/**
 * Rendezvous hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing
 * with Bounded Loads", 2018). In the order of their hashes, each class takes the first worker of its
 * own order that holds less than its share of all homes. Then the classes with two homes take a
 * second one, and so on.
 *
 * So first homes follow from which classes there are, and from nothing that is measured: a
 * difference of one per cent in what is measured would change where one class fits, then where
 * others do that come after it, and in the end where half of them are. Further homes are few, and
 * so they may depend on what is measured: they are where less than the mean is to be done.
 */
export class HomePlan {
  readonly #order: RendezvousTable<number>
  readonly #plans = new Map<number, Plan>()
  readonly #homes = new Map<number, number[]>()
  readonly #weight: number
  readonly #meanDemand: number

  /** `classes` are in the order of their hashes. */
  constructor(
    owners: readonly HomeOwner[],
    order: RendezvousTable<number>,
    classes: readonly PlannedClass[],
  ) {
    this.#order = order
    for (const owner of owners) this.#plans.set(owner.number, { owner, homes: 0, demand: 0 })
    this.#weight = owners.reduce((sum, { weight }) => sum + weight, 0)
    this.#meanDemand = classes.reduce((sum, { demand }) => sum + demand, 0) / this.#weight
    this.#addRounds(classes, owners.length)
  }

  /** The class's homes, by the numbers of the workers; absent if none were planned. */
  homesOf(classNumber: number): readonly number[] | undefined {
    return this.#homes.get(classNumber)
  }

  /** The number is no longer that of its class. */
  forget(classNumber: number): void {
    this.#homes.delete(classNumber)
  }

  /** The worker is no home any more. */
  remove(member: number): void {
    this.#plans.delete(member)
    for (const homes of this.#homes.values()) {
      const place = homes.indexOf(member)
      if (place !== -1) homes.splice(place, 1)
    }
  }

  /** Whether the worker has more to do than the mean of all, as planned. */
  isBusy(member: number): boolean {
    const plan = this.#plans.get(member)
    return plan !== undefined && plan.demand > this.#meanDemand * plan.owner.weight
  }

  #addRounds(classes: readonly PlannedClass[], owners: number): void {
    let planned = 0
    for (let round = 0, left = classes; round < owners && left.length > 0; round++) {
      planned += left.length
      const share = (evenness * planned) / this.#weight
      for (const each of left) this.#addHome(each, share)
      left = left.filter(({ homes }) => homes > round + 1)
    }
  }

  /** `share`: how many homes a worker may hold, for each unit of its weight. */
  #addHome({ classNumber, hash, demand, homes }: PlannedClass, share: number): void {
    const taken = this.#homes.get(classNumber) ?? []
    const part = demand / homes
    const mostDemand = taken.length === 0 ? Number.POSITIVE_INFINITY : this.#meanDemand
    const plan = this.#choose(hash, taken, share, mostDemand, part)
    if (plan === undefined) return
    taken.push(plan.owner.number)
    if (taken.length === 1) this.#homes.set(classNumber, taken)
    plan.homes++
    plan.demand += part
  }

  /** The first worker with room in the order of that hash, or the one that is fullest least. */
  #choose(
    hash: number,
    taken: readonly number[],
    share: number,
    mostDemand: number,
    part: number,
  ): Plan | undefined {
    let best: Plan | undefined
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < maxChoices; i++) {
      const member = this.#order.choice(hash, i)
      const plan = member === undefined ? undefined : this.#plans.get(member)
      if (plan === undefined || taken.includes(plan.owner.number)) continue
      const { homes, owner } = plan
      const demand = (plan.demand + part) / owner.weight
      const isFull = homes + 1 > Math.floor(share * owner.weight + owner.fraction)
      if (!isFull && demand <= mostDemand) return plan
      const excess = Math.max((homes + 1) / (share * owner.weight), demand / mostDemand)
      if (excess >= least) continue
      best = plan
      least = excess
    }
    return best
  }
}
