/** Tables for people: Markdown that also reads well on a terminal. */
import { scenarioNamed } from './scenarios.ts'
import { balancerRatios, type Row, standings } from './summary.ts'

/** The policy that the bars are about. */
const ours = 'cost'

/** Tables are padded, so that they can be read as they are. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const all = [head, ...body]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...body.map(line)].join('\n')
}

/** All figures of one scenario, a policy a line. */
export function scenarioTable(rows: readonly Row[]): string {
  const head = [
    'policy',
    'goodput/s',
    'hits %',
    'mean ms',
    'p50 ms',
    'p99 ms',
    'imbalance',
    'homes',
  ]
  const hasRecovery = scenarioNamed(rows[0]!.scenario).recoveredBelow !== undefined
  const body = rows.map(({ policy, isReference, figures }) => [
    isReference ? `(${policy})` : policy,
    figures.goodput.toFixed(0),
    (figures.hitRate * 100).toFixed(1),
    ...[figures.mean, figures.p50, figures.p99].map(milliseconds),
    figures.imbalance.toFixed(2),
    figures.homes.toFixed(2),
    ...(hasRecovery ? [seconds(figures.recovery)] : []),
  ])
  return table(hasRecovery ? [...head, 'recovered s'] : head, body)
}

/** One line a scenario: what each policy reached. */
export function overview(rows: readonly Row[]): string {
  const policies = [...new Set(rows.map((row) => row.policy))]
  const scenarios = [...new Set(rows.map((row) => row.scenario))]
  const cell = (scenario: string, policy: string): string => {
    const row = rows.find((r) => r.scenario === scenario && r.policy === policy)
    return row ? mainFigure(row) : '–'
  }
  const isReference = (policy: string): boolean =>
    rows.some((row) => row.policy === policy && row.isReference)
  return table(
    ['scenario', ...policies.map((policy) => (isReference(policy) ? `(${policy})` : policy))],
    scenarios.map((scenario) => [scenario, ...policies.map((policy) => cell(scenario, policy))]),
  )
}

function mainFigure({ scenario, figures }: Row): string {
  const { load, recoveredBelow } = scenarioNamed(scenario)
  if (load.kind === 'closed') return `${figures.goodput.toFixed(0)}/s`
  const latency = `${milliseconds(figures.mean)} / ${milliseconds(figures.p99)}`
  return recoveredBelow === undefined ? latency : `${latency} (${seconds(figures.recovery)})`
}

/** How far the bars are met. */
export function bars(rows: readonly Row[]): string {
  const all = standings(rows, ours)
  if (all.length === 0) return ''
  const near = all.filter(({ ratio }) => ratio <= 1.05)
  const best = all.filter(({ ratio }) => ratio < 1)
  const lines = [
    `\`${ours}\` is within 5 % of the best other policy in ${near.length} of ${all.length} scenarios,`,
    `and strictly the best in ${best.length} of them (${percent(best.length / all.length)}).`,
  ]
  for (const { scenario, rival, ratio } of all) {
    if (ratio >= 1) lines.push(`- ${scenario.name}: ${ratio.toFixed(3)} × ${rival.policy}`)
  }
  const pairs = balancerRatios(rows, ours)
  if (pairs.length > 0) lines.push('', 'Several balancers against one:')
  for (const { several, ratio } of pairs) lines.push(`- ${several}: ${ratio.toFixed(3)} ×`)
  return [...lines, ...recoveries(rows)].join('\n')
}

function recoveries(rows: readonly Row[]): string[] {
  const events = rows.filter(
    (row) => row.policy === ours && scenarioNamed(row.scenario).recoveredBelow !== undefined,
  )
  const lines = events.flatMap((own) => {
    const classic = rows.find((row) => row.scenario === own.scenario && row.policy === 'classic')
    if (!classic) return []
    const times = `${seconds(own.figures.recovery)} s, classic ${seconds(classic.figures.recovery)} s`
    return [`- ${own.scenario}: ${times}`]
  })
  return lines.length > 0 ? ['', 'Seconds until recovered:', ...lines] : []
}

function milliseconds(value: number): string {
  const ms = value * 1000
  return ms >= 10_000 ? `${(ms / 1000).toFixed(0)} s` : ms.toFixed(ms < 100 ? 1 : 0)
}

function seconds(value: number | undefined): string {
  return value === undefined ? '∞' : value.toFixed(0)
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`
}
