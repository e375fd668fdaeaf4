/** The table of replayed traces. */
import { mean, quantile } from '../../statistics.ts'
import type { Replayed } from './replay.ts'

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
