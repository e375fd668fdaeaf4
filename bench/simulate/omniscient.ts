/** A reference that no balancer can reach: a chooser that knows what will come and what is. */
import type { Assignment, Pool } from '@resumelb/lb'
import { planHomes } from './placement.ts'
import type { Chooser } from './policies.ts'
import type { Site } from './scenario.ts'
import type { SimWorker } from './sim-worker.ts'
import type { Request, Workload } from './workload.ts'

/** Seconds after which the plan is looked at again, as popularity may have changed. */
const reviewPeriod = 1

/** A worker that gets so many times what the mean one gets is reason to look for a better plan. */
const tolerated = 1.3

/** A new plan must be so many times more even: moving classes has its price. */
const worthIt = 1.2

/**
 * Knows how popular each class is, has placed the classes so that caches suffice and work is even,
 * sees all queues and caches without delay, and takes the worker with the least
 *
 *     remaining work + service time + (1 + backlog) × time lost to misses,
 *
 * where a home of the class loses nothing: what misses there is an investment. If it knows of
 * `classes` only, it reckons as if all objects were at the homes and none anywhere else.
 */
export class OmniscientChooser implements Chooser {
  readonly #site: Site
  readonly #workload: Workload
  readonly #knows: 'objects' | 'classes'
  #workers: SimWorker[] = []
  /** By class: places in {@link #workers}. */
  #homes: number[][] = []
  #planIsDue = true
  #reviewedAt = 0
  readonly pool: Chooser['pool']

  constructor(site: Site, workload: Workload, knows: 'objects' | 'classes' = 'objects') {
    this.#site = site
    this.#workload = workload
    this.#knows = knows
    this.pool = {
      update: (worker) => {
        if (!this.#workers.includes(worker)) this.#setWorkers([...this.#workers, worker])
      },
      remove: (worker) => this.#setWorkers(this.#workers.filter((other) => other !== worker)),
    } satisfies Pick<Pool<SimWorker>, 'update' | 'remove'>
  }

  choose(request: Request, now: number): Assignment<SimWorker> | undefined {
    if (now - this.#reviewedAt >= reviewPeriod) this.#review(now)
    if (this.#planIsDue) this.#homes = this.#newPlan()
    this.#planIsDue = false
    const homes = this.#homes[request.classIndex] ?? []
    let best: SimWorker | undefined
    let bestCost = Number.POSITIVE_INFINITY
    for (const [i, worker] of this.#workers.entries()) {
      if (worker.isFailing) continue
      const isHome = homes.includes(i)
      const seconds = this.#seconds(worker, request, isHome)
      let cost = worker.exactWait() + seconds
      if (!isHome) cost += (1 + worker.backlog) * lostSeconds(seconds, worker, request)
      if (cost < bestCost) {
        best = worker
        bestCost = cost
      }
    }
    return best && { worker: best, finish: () => undefined }
  }

  #seconds(worker: SimWorker, request: Request, isHome: boolean): number {
    if (this.#knows === 'objects') return worker.serviceSeconds(request)
    return isHome ? worker.warmSeconds(request) : worker.coldSeconds(request)
  }

  #setWorkers(workers: SimWorker[]): void {
    const places = this.#workers.map((worker) => workers.findIndex((w) => w.index === worker.index))
    this.#homes = this.#homes.map((homes) => homes.map((i) => places[i]!).filter((i) => i >= 0))
    this.#workers = workers
    this.#planIsDue = true
  }

  #review(now: number): void {
    this.#reviewedAt = now
    const unevenness = this.#unevenness(this.#homes)
    if (unevenness < tolerated) return
    const plan = this.#newPlan()
    if (this.#unevenness(plan) < unevenness / worthIt) this.#homes = plan
  }

  /** What the busiest worker would get ÷ what the mean one would, with these homes. */
  #unevenness(plan: readonly (readonly number[])[]): number {
    const loads = this.#workers.map(() => 0)
    for (const [classIndex, homes] of plan.entries()) {
      for (const i of homes) {
        loads[i]! += this.#workload.demand(classIndex) / homes.length / this.#workers[i]!.speed
      }
    }
    return (Math.max(...loads) * loads.length) / loads.reduce((a, b) => a + b, 0)
  }

  #newPlan(): number[][] {
    const { classes, cacheShare } = this.#site
    const demands = Array.from({ length: classes }, (_, i) => this.#workload.demand(i))
    const speeds = this.#workers.map((worker) => worker.speed)
    const room = Math.max(1, Math.floor(cacheShare * classes))
    return planHomes(demands, speeds, room, this.#homes)
  }
}

/** By the evicted as much as by the request, whose own luck is no comfort to them. */
function lostSeconds(seconds: number, worker: SimWorker, request: Request): number {
  return (seconds - worker.warmSeconds(request)) / Math.min(1, request.noise)
}
