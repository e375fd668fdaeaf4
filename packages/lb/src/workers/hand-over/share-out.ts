/** Chooses the classes that a worker gets which joins others. Pure. */
import type { HandedClass } from '@resumelb/protocol'
import { workOf } from './handed-work.ts'

/** What a worker has, less what was taken from it. */
interface Donor<Worker> {
  readonly worker: Worker
  /** Those with the least work first. */
  readonly classes: HandedClass[]
  /** Of classes, also of those that another worker has given. */
  count: number
  work: number
}

/** A class that goes from one worker to the one that joins. */
export interface Donation<Worker> {
  readonly from: Worker
  readonly handed: HandedClass
}

/**
 * An even share of the classes and of the work, for one of so many workers that join: each class
 * from the worker that has the most of both. As long as there is work, the classes are those that
 * come nearest to an average one.
 */
export function shareOut<Worker>(
  offers: ReadonlyMap<Worker, readonly HandedClass[]>,
  joining: number,
): Donation<Worker>[] {
  const donors = [...offers].map(([worker, classes]): Donor<Worker> => {
    const sorted = [...classes].sort((one, other) => workOf(one) - workOf(other))
    return { worker, classes: sorted, count: classes.length, work: sum(classes) }
  })
  const workers = donors.length + joining
  const count = donors.reduce((all, donor) => all + donor.count, 0) / workers
  const work = donors.reduce((all, donor) => all + donor.work, 0) / workers
  const fullness = (classes: number, seconds: number) => {
    return classes / count + (work === 0 ? 0 : seconds / work)
  }
  const given: Donation<Worker>[] = []
  const names = new Set<string>()
  let left = work
  for (let missing = Math.floor(count); missing > 0; missing--) {
    const fullest = mostOf(donors, (donor) => {
      return donor.count < 2 ? 0 : fullness(donor.count, donor.work)
    })
    if (fullest === undefined) break
    const at = nearest(fullest.classes, left / missing, left, names)
    const handed = fullest.classes[at]
    if (handed === undefined) break
    const mine = fullness(given.length + 1, work - left + workOf(handed))
    if (mine > fullness(fullest.count, fullest.work)) break
    fullest.classes.splice(at, 1)
    fullest.count--
    fullest.work -= workOf(handed)
    left -= workOf(handed)
    names.add(handed.requestClass)
    given.push({ from: fullest.worker, handed })
  }
  return given
}

/**
 * Where the class is whose work is nearest to what is wanted, and not more than what is left; -1 if
 * there is none. Of equals, the first. Removes classes that are taken where it meets them.
 */
function nearest(
  classes: HandedClass[],
  wanted: number,
  left: number,
  taken: ReadonlySet<string>,
): number {
  const isTaken = (at: number) => taken.has(classes[at]?.requestClass as string)
  let above = firstFrom(classes, wanted)
  while (above < classes.length && isTaken(above)) classes.splice(above, 1)
  while (above > 0 && isTaken(above - 1)) classes.splice(--above, 1)
  const aboveWork = workAt(classes, above) ?? Number.POSITIVE_INFINITY
  const belowWork = workAt(classes, above - 1) ?? Number.NEGATIVE_INFINITY
  if (aboveWork <= left && aboveWork - wanted <= wanted - belowWork) return above
  if (above === 0) return -1
  const below = firstFrom(classes, belowWork)
  while (isTaken(below)) classes.splice(below, 1)
  return below
}

/** Where the first class with at least so much work is, or would be. */
function firstFrom(classes: readonly HandedClass[], work: number): number {
  let [low, high] = [0, classes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((workAt(classes, middle) as number) < work) low = middle + 1
    else high = middle
  }
  return low
}

function workAt(classes: readonly HandedClass[], at: number): number | undefined {
  const handed = classes[at]
  return handed && workOf(handed)
}

/** The first with the highest figure; none if all are 0. */
function mostOf<Element>(
  elements: readonly Element[],
  figureOf: (element: Element) => number,
): Element | undefined {
  let best: Element | undefined
  let most = 0
  for (const element of elements) {
    const figure = figureOf(element)
    if (figure <= most) continue
    best = element
    most = figure
  }
  return best
}

function sum(classes: readonly HandedClass[]): number {
  return classes.reduce((all, handed) => all + workOf(handed), 0)
}
