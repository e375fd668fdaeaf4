/** Chooses the classes that a worker gets which joins others. Pure. */
import type { HandedClass } from '@resumelb/protocol'

/** What a worker has, less what was taken from it. */
interface Donor<Worker> {
  readonly worker: Worker
  readonly classes: HandedClass[]
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
    return { worker, classes: [...classes], work: sum(classes) }
  })
  const workers = donors.length + joining
  const count = donors.reduce((all, { classes }) => all + classes.length, 0) / workers
  const work = donors.reduce((all, donor) => all + donor.work, 0) / workers
  const fullness = (classes: number, seconds: number) => {
    return classes / count + (work === 0 ? 0 : seconds / work)
  }
  const given: Donation<Worker>[] = []
  const names = new Set<string>()
  let left = work
  for (let missing = Math.floor(count); missing > 0; missing--) {
    const fullest = mostOf(donors, ({ classes, work: seconds }) => {
      return classes.length < 2 ? 0 : fullness(classes.length, seconds)
    })
    if (fullest === undefined) break
    const handed = nearest(fullest.classes, left / missing, left, names)
    if (handed === undefined) break
    const mine = fullness(given.length + 1, work - left + workOf(handed))
    if (mine > fullness(fullest.classes.length, fullest.work)) break
    fullest.classes.splice(fullest.classes.indexOf(handed), 1)
    fullest.work -= workOf(handed)
    left -= workOf(handed)
    names.add(handed.requestClass)
    given.push({ from: fullest.worker, handed })
  }
  return given
}

/** The class whose work is nearest to what is wanted, and not more than what is left. */
function nearest(
  classes: readonly HandedClass[],
  wanted: number,
  left: number,
  taken: ReadonlySet<string>,
): HandedClass | undefined {
  const fitting = classes.filter((handed) => {
    return workOf(handed) <= left && !taken.has(handed.requestClass)
  })
  return mostOf(fitting, (handed) => 1 / (1 + Math.abs(workOf(handed) - wanted)))
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

function workOf({ seconds, rate = 0 }: HandedClass): number {
  return seconds * rate
}

function sum(classes: readonly HandedClass[]): number {
  return classes.reduce((all, handed) => all + workOf(handed), 0)
}
