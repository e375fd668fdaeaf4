/** What a balancer knows of the class of a request, in flags of its frame. Pure. */
import { frameFlags } from './frame.ts'

/** What a worker cannot know of a class that has not come to it: how it stands elsewhere. */
export interface ClassStanding {
  /** Requests of the class have been served, by whichever worker. */
  readonly isKnown: boolean
  /** Requests of other classes have come to the balancer lately, and may come to the worker. */
  readonly hasOthers: boolean
}

/** The standings: one object each, so that a request costs none. */
const standings: readonly ClassStanding[] = [
  { isKnown: false, hasOthers: false },
  { isKnown: true, hasOthers: false },
  { isKnown: false, hasOthers: true },
  { isKnown: true, hasOthers: true },
]

export function classStanding(isKnown: boolean, hasOthers: boolean): ClassStanding {
  return standings[(isKnown ? 1 : 0) + (hasOthers ? 2 : 0)] as ClassStanding
}

/** The flags of a REQUEST; none if the standing is absent. */
export function flagsOfStanding(standing: ClassStanding | undefined): number {
  if (standing === undefined) return 0
  return (standing.isKnown ? frameFlags.KNOWN : 0) | (standing.hasOthers ? frameFlags.OTHERS : 0)
}

/** The standing that the flags of a REQUEST tell; absent if they tell none. */
export function standingOfFlags(flags: number): ClassStanding | undefined {
  if ((flags & (frameFlags.KNOWN | frameFlags.OTHERS)) === 0) return undefined
  return classStanding((flags & frameFlags.KNOWN) !== 0, (flags & frameFlags.OTHERS) !== 0)
}
