/** Which requests come: the classes, what is popular, what each request needs. */
import { sum } from '../statistics.ts'
import type { Random } from './random.ts'
import type { Neighbour, Noise, Popularity, Site } from './scenario.ts'

/** One request as its client sent it. */
export interface Request {
  readonly requestClass: string
  readonly classIndex: number
  readonly objects: readonly number[]
  /** On the service time, of mean 1. */
  readonly noise: number
  /** When it came to a balancer for the first time. */
  readonly sentAt: number
}

const neighbourDomain = 'neighbour.example.com'

/** Draws requests. The n-th request of a seed is the same whatever the policy does. */
export class Workload {
  readonly #site: Site
  readonly #random: Random
  /** Class names; named anew by each seed, so that the luck of a hash is not always the same. */
  readonly #names: string[]
  /** Cumulated shares of the places in popularity. */
  readonly #cumulated: Float64Array
  /** Class at each place in popularity. */
  readonly #classAt: number[]
  readonly #placeOf: number[]

  constructor(site: Site, random: Random) {
    this.#site = site
    this.#random = random.split('requests')
    const prefix = random.split('names').integer(1e9).toString(36)
    this.#names = Array.from({ length: site.classes }, (_, i) => `${prefix}-${i}.example.com`)
    this.#cumulated = cumulate(shares(site))
    this.#classAt = Array.from({ length: site.classes }, (_, i) => i)
    this.#placeOf = [...this.#classAt]
  }

  /** Mean service time of a warm request, in seconds at speed 1. */
  get meanWarmSeconds(): number {
    let sum = 0
    for (let i = 0; i < this.#site.classes; i++) sum += this.demand(i)
    return sum
  }

  /** Seconds of warm service that a class needs, per request of any class, as of now. */
  demand(classIndex: number): number {
    const place = this.#placeOf[classIndex]!
    const share = this.#cumulated[place]! - (place > 0 ? this.#cumulated[place - 1]! : 0)
    return share * classCost(this.#site, classIndex) * this.#site.warmSeconds
  }

  next(sentAt: number): Request {
    const classIndex = this.#classAt[this.#drawPlace()]!
    return {
      requestClass: this.#names[classIndex]!,
      classIndex,
      objects: this.#drawObjects(classIndex),
      noise: drawNoise(this.#site.noise, this.#random),
      sentAt,
    }
  }

  /** One request of a neighbour; `tenant` is its number, from 0. */
  ofNeighbour({ seconds }: Neighbour, tenant: number, sentAt: number): Request {
    const noise = seconds / this.#site.warmSeconds
    const requestClass = tenant === 0 ? neighbourDomain : `${tenant}.${neighbourDomain}`
    return { requestClass, classIndex: -1, objects: [], noise, sentAt }
  }

  shuffle(random: Random): void {
    random.shuffle(this.#classAt)
    for (const [place, classIndex] of this.#classAt.entries()) this.#placeOf[classIndex] = place
  }

  /** Lets neighbours in popularity change places. */
  drift(swaps: number, random: Random): void {
    const order = this.#classAt
    for (let i = 0; i < swaps; i++) {
      const place = random.integer(order.length - 1)
      const risen = order[place + 1]!
      const fallen = order[place]!
      order[place] = risen
      order[place + 1] = fallen
      this.#placeOf[risen] = place
      this.#placeOf[fallen] = place + 1
    }
  }

  #drawPlace(): number {
    const wanted = this.#random.next()
    let low = 0
    let high = this.#cumulated.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#cumulated[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }

  #drawObjects(classIndex: number): readonly number[] {
    const { objects, touches, touchPattern } = this.#site
    const drawn = new Set<number>()
    if (touchPattern === 'bell') {
      for (let i = 0; i < touches; i++) drawn.add(bellObject(objects, this.#random))
    } else {
      while (drawn.size < Math.min(touches, objects)) drawn.add(this.#random.integer(objects))
    }
    return Array.from(drawn, (object) => classIndex * objects + object)
  }
}

export function classCost(site: Site, classIndex: number): number {
  return site.classCosts[Math.max(0, classIndex) % site.classCosts.length]!
}

/** A deviation of an eighth of the objects around the middle one: zc.resumelb's simulation. */
function bellObject(objects: number, random: Random): number {
  const object = Math.trunc(objects / 2 + (random.normal() * objects) / 6)
  return Math.min(Math.max(object, 0), objects - 1)
}

function shares(site: Site): number[] {
  const weights = Array.from({ length: site.classes }, (_, place) => weight(site.popularity, place))
  if (site.hotShare !== undefined) {
    const others = sum(weights.slice(1))
    weights[0] = (others * site.hotShare) / (1 - site.hotShare)
  }
  const total = sum(weights)
  return weights.map((w) => w / total)
}

function weight(popularity: Popularity, place: number): number {
  switch (popularity.kind) {
    case 'zipf':
      return (place + 1) ** -popularity.exponent
    case 'geometric':
      return popularity.ratio ** place
    case 'uniform':
      return 1
  }
}

function cumulate(values: readonly number[]): Float64Array {
  const cumulated = new Float64Array(values.length)
  let sum = 0
  for (const [i, value] of values.entries()) {
    sum += value
    cumulated[i] = sum
  }
  return cumulated
}

function drawNoise(noise: Noise, random: Random): number {
  switch (noise.kind) {
    case 'none':
      return 1
    case 'exponential':
      return random.exponential(1)
    case 'lognormal':
      return Math.exp(noise.sigma * random.normal() - noise.sigma ** 2 / 2)
    case 'tail': {
      const mean = 1 + noise.share * (noise.factor - 1)
      return (random.next() < noise.share ? noise.factor : 1) / mean
    }
  }
}
