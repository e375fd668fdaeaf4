/** Makes one set of metrics of those of several processes. Pure. */
import type { Family, Sample } from '../metric-family.ts'

/** The families of several processes as one: each series as its family's `aggregator` says. */
export function mergedFamilies(lists: readonly (readonly Family[])[]): Family[] {
  const byName = new Map<string, Family[]>()
  for (const family of lists.flat()) {
    const known = byName.get(family.name)
    if (known === undefined) byName.set(family.name, [family])
    else known.push(family)
  }
  return [...byName.values()].map((families) => {
    const [first] = families as [Family]
    return { ...first, values: mergedSamples(families, first.aggregator) }
  })
}

function mergedSamples(
  families: readonly Family[],
  aggregator: Family['aggregator'],
): readonly Sample[] {
  const bySeries = new Map<string, Sample>()
  for (const sample of families.flatMap(({ values }) => values)) {
    const key = seriesOf(sample)
    const known = bySeries.get(key)
    const value = known === undefined ? sample.value : together[aggregator](known, sample)
    bySeries.set(key, { ...(known ?? sample), value })
  }
  return [...bySeries.values()]
}

const together: Readonly<Record<Family['aggregator'], (one: Sample, other: Sample) => number>> = {
  sum: (one, other) => one.value + other.value,
  max: (one, other) => Math.max(one.value, other.value),
  first: (one) => one.value,
}

/** What tells the series of a family from each other. */
function seriesOf({ metricName = '', labels }: Sample): string {
  return JSON.stringify([metricName, Object.entries(labels).sort()])
}

/** Series that are kept of processes that have ended. */
const maxRetired = 5_000

/**
 * What processes that have ended have counted: without it, counters would decrease, which readers
 * take for a restart of all. Series of workers and classes that no process has any more are left
 * out.
 */
export class RetiredFamilies {
  #families: readonly Family[] = []

  /** A process has ended that had counted this. */
  add(families: readonly Family[]): void {
    this.#families = mergedFamilies([this.#families, families.filter(isCount)])
    this.#shrink()
  }

  /** The families of the processes that run, with what was counted before. */
  with(running: readonly (readonly Family[])[]): Family[] {
    const present = mergedFamilies(running)
    const names = new Map(
      present.map(({ name, values }) => [name, new Set(values.map(seriesOf))] as const),
    )
    const counted = this.#families.map((family) => ({
      ...family,
      values: family.values.filter(
        (sample) => isGeneral(sample) || names.get(family.name)?.has(seriesOf(sample)),
      ),
    }))
    return mergedFamilies([present, counted])
  }

  #shrink(): void {
    const length = this.#families.reduce((sum, { values }) => sum + values.length, 0)
    if (length <= maxRetired) return
    this.#families = this.#families.map((family) => ({
      ...family,
      values: family.values.filter(isGeneral),
    }))
  }
}

function isCount({ type }: Family): boolean {
  return type !== 'gauge'
}

/** Whether its labels are few and fixed. */
function isGeneral({ labels }: Sample): boolean {
  return !('worker' in labels || 'class' in labels)
}

/** The same families as those of one of several processes. */
export function labelled(families: readonly Family[], process: string): Family[] {
  return families.map((family) => ({
    ...family,
    aggregator: 'first',
    values: family.values.map((sample) => ({ ...sample, labels: { ...sample.labels, process } })),
  }))
}
