/** The table of replayed traces. */
import type { Replayed } from './replay.ts'

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

/** Times in seconds. `head` says what was replayed. */
export function traceTable(head: string, results: readonly Replayed[]): string {
  const rows = results.map(({ policy, hits, first, last, unfinished }) => {
    const cells = [mean(first), quantile(first, 0.5), quantile(first, 0.9), quantile(first, 0.99)]
    const times = [...cells, mean(last)].map((each) => each.toFixed(2)).join(' | ')
    return `| ${policy} | ${(100 * hits).toFixed(1)} | ${times} | ${unfinished} |`
  })
  return [
    `## ${head}`,
    '',
    '| policy | hits % | first token, mean s | p50 | p90 | p99 | end, mean s | unfinished |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
