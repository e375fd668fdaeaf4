/** The skills of workers by class, as rows and cells of a map. Pure. */
import type { ClassSkill, ClassStatus } from '../status-document.ts'
import { compare } from './model.ts'

/** What a colour says: the part of the requests of the class, or how fast the worker is at it. */
export type Measure = 'share' | 'speed'

export type Order = 'home' | 'rate' | 'name'

/** A worker that has served the class. */
export interface Cell {
  readonly skill: ClassSkill
  /** The part of the requests of the class that it gets lately, or got if there are none. */
  readonly share: number
  /** 1 for the fastest at this class; half of that for one that takes twice as long. */
  readonly speed: number
}

export function cellsOf({ workers }: ClassStatus): Cell[] {
  const rate = sum(workers.map(({ requestsPerSecond }) => requestsPerSecond))
  const count = sum(workers.map((skill) => skill.count))
  const measured = workers.filter((skill) => skill.count > 0)
  const fastest = Math.min(...measured.map(({ seconds }) => seconds))
  return workers.map((skill) => ({
    skill,
    share: rate > 0 ? skill.requestsPerSecond / rate : count > 0 ? skill.count / count : 0,
    speed: skill.count === 0 ? 0 : skill.seconds > 0 ? fastest / skill.seconds : 1,
  }))
}

/** The worker where the class belongs: of its homes the one that has served the most of it. */
export function homeOf({ workers }: ClassStatus): string | undefined {
  const homes = workers.filter(({ role }) => role === 'home')
  const best = (homes.length > 0 ? homes : workers).reduce<ClassSkill | undefined>(
    (most, skill) => (most === undefined || skill.count > most.count ? skill : most),
    undefined,
  )
  return best?.worker
}

/** The classes in the order in which they are shown. */
export function ordered(classes: readonly ClassStatus[], order: Order): ClassStatus[] {
  if (order === 'rate') {
    return [...classes].sort(
      (one, other) =>
        other.requestsPerSecond - one.requestsPerSecond || compare(one.name, other.name),
    )
  }
  const homes = new Map(classes.map((one) => [one, order === 'home' ? homeOf(one) : undefined]))
  return [...classes].sort(
    (one, other) => compareHomes(homes.get(one), homes.get(other)) || compare(one.name, other.name),
  )
}

/** Those without a home come last. */
function compareHomes(one: string | undefined, other: string | undefined): number {
  if (one !== undefined && other !== undefined) return compare(one, other)
  return Number(one === undefined) - Number(other === undefined)
}

/** A sentence for those who do not see the colours. */
export function described(cells: readonly Cell[], percent: (ratio: number) => string): string {
  if (cells.length === 0) return 'no worker is skilled at it'
  return [...cells]
    .sort((one, other) => other.share - one.share)
    .map(({ skill, share }) => `${skill.role} ${skill.worker}, ${percent(share)}`)
    .join('; ')
}

export type Colour = readonly [red: number, green: number, blue: number]

/** A colour of `#rrggbb`. */
export function parseColour(text: string): Colour {
  const value = Number.parseInt(text.trim().slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

/** The colour at a place from 0 to 1 of a scale. */
export function colourAt(scale: readonly Colour[], place: number): string {
  const position = Math.min(1, Math.max(0, place)) * (scale.length - 1)
  const index = Math.min(scale.length - 2, Math.floor(position))
  const [from, to] = [scale[index] ?? [0, 0, 0], scale[index + 1] ?? [0, 0, 0]]
  const mixed = from.map((part, i) => Math.round(part + ((to[i] ?? 0) - part) * (position - index)))
  return `rgb(${mixed.join(' ')})`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
