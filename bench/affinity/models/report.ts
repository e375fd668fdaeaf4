/** The report on model engines for people: Markdown that reads well on a terminal too. */
import { table } from '../../table.ts'
import { busyNotes, notes, verdict } from '../report.ts'
import { downSeconds } from './site.ts'
import { type ModelOutcome, type ModelPhase, medianOf, modelBars, modelPhases } from './summary.ts'

const titles: Readonly<Record<ModelPhase, string>> = {
  'one balancer': 'One load balancer',
  restart: `One load balancer, while one engine is gone for ${downSeconds} s and comes back empty`,
  'four balancers': 'Four load balancers, to which the questions of a conversation go in turn',
}

const head = [
  'balancer',
  'first token, mean ms',
  'p50',
  'p99',
  'tokens cached %',
  'end, mean ms',
  'requests',
  'failed',
]

export function modelReport(outcome: ModelOutcome): string {
  const sections = modelPhases.map((phase) => section(outcome, phase))
  const bars = verdict('The bars', modelBars(outcome))
  const parts = [setting(outcome), ...sections, bars, notes(outcome.rows), busy(outcome)]
  return parts.filter((part) => part !== '').join('\n\n')
}

function setting({ workload, seconds, restartSeconds, seeds, machine }: ModelOutcome): string {
  const { engines, prefillRate, tokenTime, keptTokens, tenants, users } = workload
  const { least, most } = workload.systemTokens
  return [
    `${engines} engines: ${prefillRate} tokens of prompts a second, ${tokenTime} ms for a token of an answer,`,
    `${keptTokens} tokens in the prefix cache. ${users} users have conversations of ${workload.meanTurns} questions`,
    `(${workload.meanQuestion} tokens, ${workload.meanThink} s after the answer before, on average), which begin with the`,
    `system prompt of one of ${tenants} tenants (${least} to ${most} tokens). ${seconds} s a measurement, ${restartSeconds} s`,
    `with a restart; ${seeds.length === 1 ? 'one seed' : `medians of ${seeds.length} seeds`}. ${machine.cores} × ${machine.model},`,
    `Node.js ${machine.node}, load average before ${machine.loadBefore.toFixed(1)}.`,
  ].join('\n')
}

function section({ rows }: ModelOutcome, phase: ModelPhase): string {
  const body = rows.map((row) => [
    row.name,
    ...(['mean', 'p50', 'p99'] as const).map((each) => medianOf(row, phase, each).toFixed(0)),
    (medianOf(row, phase, 'cached') * 100).toFixed(1),
    ...(['end', 'requests', 'failed'] as const).map((each) =>
      medianOf(row, phase, each).toFixed(0),
    ),
  ])
  return `### ${titles[phase]}\n\n${table(head, body)}`
}

function busy({ rows }: ModelOutcome): string {
  return busyNotes((figure, limit) =>
    rows.filter((row) => row[figure] > limit).map(({ name }) => name),
  )
}
