/**
 * A status as JSON, row by row: rows are compared by their texts, and each is written once for all
 * clients that get it. Pure.
 */
import { jsonText } from './json-text.ts'
import type { AdminStatus, Incident, StatusChange } from './status-document.ts'

export interface WrittenStatus {
  readonly time: string
  readonly balancer: string
  /** By address, in the order of the status. */
  readonly workers: ReadonlyMap<string, string>
  /** By name, in the order of the status. */
  readonly classes: ReadonlyMap<string, string>
  readonly incidents: string
}

export function written(status: AdminStatus): WrittenStatus {
  const { time, balancer, workers, classes, incidents } = status
  return {
    time: jsonText(time),
    balancer: jsonText(balancer),
    workers: new Map(workers.map((row) => [row.address, jsonText(row)])),
    classes: new Map(classes.map((row) => [row.name, jsonText(row)])),
    incidents: jsonText(incidents),
  }
}

/** The same with the first classes only. */
export function withClasses(status: WrittenStatus, count: number): WrittenStatus {
  if (status.classes.size <= count) return status
  return { ...status, classes: new Map([...status.classes].slice(0, count)) }
}

/** As {@link AdminStatus}. */
export function statusText({ workers, classes, ...others }: WrittenStatus): string {
  const members: Record<keyof AdminStatus, string> = {
    ...others,
    workers: arrayOf(workers.values()),
    classes: arrayOf(classes.values()),
  }
  return objectOf(members)
}

/** As {@link StatusChange}. `incidents` are those that have happened in between. */
export function changeText(
  before: WrittenStatus,
  after: WrittenStatus,
  incidents: readonly Incident[],
): string {
  const { time, balancer, workers, classes } = after
  const members: Record<keyof StatusChange, string> = {
    time,
    balancer,
    workers: arrayOf(changedRows(before.workers, workers)),
    workersGone: jsonText(goneKeys(before.workers, workers)),
    classes: arrayOf(changedRows(before.classes, classes)),
    classesGone: jsonText(goneKeys(before.classes, classes)),
    incidents: jsonText(incidents),
  }
  return objectOf(members)
}

type Rows = ReadonlyMap<string, string>

function changedRows(before: Rows, after: Rows): string[] {
  return [...after].flatMap(([key, text]) => (before.get(key) === text ? [] : [text]))
}

function goneKeys(before: Rows, after: Rows): string[] {
  return [...before.keys()].filter((key) => !after.has(key))
}

function objectOf(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([name, text]) => `"${name}":${text}`)
    .join()}}`
}

function arrayOf(texts: Iterable<string>): string {
  return `[${[...texts].join()}]`
}
