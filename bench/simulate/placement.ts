/** Which workers should hold which classes, for who knows how popular each class is. */
import { sum } from '../statistics.ts'

/** A worker, as far as a plan is concerned. */
export interface Place {
  readonly speed: number
  /** Seconds of work per request of the whole site. */
  load: number
  /** Classes that its cache holds. */
  readonly held: Set<number>
}

/** A home of a class takes at most this part of what a worker can do. */
const homeShare = 0.5

/** A class stays where it was while that worker gets at most so many times its fair share. */
const patience = 1.15

/**
 * Gives each class homes among the places, by number: as many as its demand needs, the most
 * demanding class first and always where there is least to do ("longest processing time first").
 * What room then is left in the caches gives second homes to the most demanding classes. Classes
 * stay at their `previous` homes where that can be.
 */
export function planHomes(
  demands: readonly number[],
  speeds: readonly number[],
  room: number,
  previous: readonly (readonly number[])[],
): number[][] {
  const places = speeds.map((speed): Place => ({ speed, load: 0, held: new Set() }))
  const homes: number[][] = demands.map(() => [])
  const capacity = sum(demands) / sum(speeds)
  const order = [...demands.keys()].sort((a, b) => demands[b]! - demands[a]!)
  for (const classIndex of order) {
    const demand = demands[classIndex]!
    const wanted = Math.min(places.length, Math.ceil(demand / (homeShare * capacity)) || 1)
    for (let i = 0; i < wanted; i++) {
      const stays = previous[classIndex] ?? []
      const most = capacity * patience
      addHome(classIndex, demand / wanted, { places, homes, room, force: i === 0, stays, most })
    }
  }
  let left = places.length * room - homes.reduce((total, list) => total + list.length, 0)
  for (const classIndex of order.slice(0, Math.max(0, left))) {
    if (left-- <= 0) break
    addHome(classIndex, 0, { places, homes, room, force: false, stays: [], most: 0 })
  }
  return homes
}

interface Plan {
  readonly places: readonly Place[]
  readonly homes: number[][]
  readonly room: number
  /** Whether a full place will do. */
  readonly force: boolean
  /** Places that should be taken again, as long as their load is at most `most`. */
  readonly stays: readonly number[]
  readonly most: number
}

function addHome(classIndex: number, demand: number, plan: Plan): void {
  const { places, homes, room, force, stays, most } = plan
  let best = -1
  for (const [i, place] of places.entries()) {
    if (place.held.has(classIndex) || (!force && place.held.size >= room)) continue
    if (stays.includes(i) && place.load + demand / place.speed <= most && place.held.size < room) {
      best = i
      break
    }
    if (best < 0 || isBetter(place, places[best]!, room)) best = i
  }
  if (best < 0) return
  const place = places[best]!
  place.held.add(classIndex)
  place.load += demand / place.speed
  homes[classIndex]!.push(best)
}

function isBetter(a: Place, b: Place, room: number): boolean {
  const aHasRoom = a.held.size < room
  if (aHasRoom !== b.held.size < room) return aHasRoom
  return a.load < b.load
}
