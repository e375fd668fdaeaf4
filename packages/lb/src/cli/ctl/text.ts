/** Documents of the admin server as text for people. Pure. */
import type { Reloaded } from '../../admin/changes.ts'
import type { ExplainAnswer } from '../../admin/explain-query.ts'
import type { AdminStatus, BalancerStatus, ClassStatus } from '../../admin/status-document.ts'
import type { WorkerStatus } from '../../admin/worker-status.ts'

type Candidate = ExplainAnswer['candidates'][number]

/** `resumelb-ctl status`. */
export function statusText({ balancer, workers, time }: AdminStatus): string {
  const { totals, recent, backlog, waiting } = balancer
  const ready = workers.filter(({ isReady }) => isReady).length
  const state = balancer.isDraining ? 'draining' : balancer.isReady ? 'ready' : 'not ready'
  const age = ageOf(balancer.oldestRequestAt, time)
  return [
    `${balancer.software}, process ${balancer.pid}: ${state}, up ${ageOf(balancer.startedAt, time)}`,
    `workers    ${ready} of ${workers.length} ready`,
    `requests   ${recent.requestsPerSecond}/s, ${recent.errorsPerSecond} errors/s, ${backlog} in progress, ${waiting} waiting; the oldest ${age}`,
    `duration   ${percentilesText(recent.duration)}`,
    `first byte ${percentilesText(recent.timeToFirstByte)}`,
    `queue      ${percentilesText(recent.queue)}`,
    `affinity   ${percent(recent.affinityHitRatio)} hits, ${percent(recent.spillRatio)} spill, regret ${seconds(recent.regretSeconds)}`,
    ...sizeLines(recent),
    ...processLines(balancer, time),
    `in all     ${totals.requests} requests, ${totals.outcomes.failed} failed, ${totals.outcomes.shed} shed, ${totals.retries} retries`,
  ].join('\n')
}

/** Of a load balancer whose requests tell a size. */
function sizeLines({ unitsPerSecond, warmUnitRatio }: BalancerStatus['recent']): string[] {
  if (unitsPerSecond === 0) return []
  return [`units      ${unitsPerSecond}/s, ${percent(warmUnitRatio)} of those with a chain warm`]
}

/** Of a load balancer with `--processes`. */
function processLines({ processes = [] }: BalancerStatus, now: string): string[] {
  return processes.map((one) => {
    const state = one.isDraining ? 'draining' : one.isReady ? 'ready' : 'not ready'
    const facts = [
      `${state}, up ${ageOf(one.startedAt, now)}`,
      `${one.workersReady} workers ready`,
      `${one.requestsPerSecond}/s`,
      `${one.backlog} in progress`,
      `${one.waiting} waiting`,
      `pid ${one.pid}`,
    ]
    return `process ${one.process}`.padEnd(11) + facts.join(', ')
  })
}

/** `resumelb-ctl workers`. */
export function workersText({ workers, time }: AdminStatus): string {
  const rows = workers.map((worker) => [
    printable(worker.address),
    stateOf(worker),
    String(worker.backlog),
    loadOf(worker),
    ageOf(worker.oldestRequestAt, time),
    `${worker.requestsPerSecond}`,
    seconds(worker.meanSeconds),
    String(worker.errors),
    String(worker.ejections),
    printable(worker.version ?? '') || '-',
    noteOf(worker),
  ])
  return table(
    [
      'worker',
      'state',
      'backlog',
      'load',
      'oldest',
      'req/s',
      'mean',
      'errors',
      'ejections',
      'version',
      '',
    ],
    rows,
  )
}

/** `resumelb-ctl classes`. */
export function classesText({ classes }: AdminStatus): string {
  const rows = classes.map((one) => [
    className(one.name),
    String(one.requestsPerSecond),
    seconds(one.meanSeconds),
    percent(one.affinityHitRatio),
    percent(one.warmUnitRatio),
    skillsOf(one),
  ])
  return table(
    [
      'class',
      'req/s',
      'mean',
      'hits',
      'warm units',
      'workers, with their service time (*: gets the next request)',
    ],
    rows,
  )
}

/** `resumelb-ctl explain`. */
export function explainText(answer: ExplainAnswer): string {
  const { requestClass, version, session, why, chosen, candidates } = answer
  const also = [version && `version ${version}`, session && `session ${session}`].filter(Boolean)
  const isSized = candidates.some(({ warmLinks }) => warmLinks !== undefined)
  const head = [
    `class ${className(requestClass)}`,
    ...also.map((one) => printable(String(one))),
    ...sizeTexts(answer),
    ...(answer.process === undefined ? [] : [`as process ${answer.process} sees it`]),
  ]
  const rows = candidates.map((one) => [
    `${printable(one.worker)}${one.worker === chosen ? '*' : ''}`,
    one.role,
    String(one.backlog),
    ...(isSized ? [rounded(one.warmLinks), rounded(one.warmUnits)] : skillTexts(one)),
    seconds(one.wait),
    seconds(one.service),
    seconds(one.waste),
    seconds(one.risk),
    seconds(one.price),
    seconds(one.cost),
  ])
  const columns = [
    'worker',
    'role',
    'backlog',
    ...(isSized ? ['warm links', 'warm units'] : ['mean', 'served']),
    'wait',
    'service',
    'waste',
    'risk',
    'price',
    'cost',
  ]
  return [head.join(', '), printable(why), '', table(columns, rows)].join('\n')
}

/** Requests with a chain are not judged by the mean of their class. */
function skillTexts({ skill }: Candidate): string[] {
  // The count fades with time, and so has fractions.
  return skill === undefined
    ? ['-', '-']
    : [seconds(skill.seconds), String(Math.round(skill.count))]
}

function sizeTexts({ units, links, readsBody }: ExplainAnswer): string[] {
  return [
    ...(units === null ? [] : [`${rounded(units)} units`]),
    ...(links === null ? [] : [`${links} ${links === 1 ? 'link' : 'links'}`]),
    ...(readsBody === false ? ['classified without its body'] : []),
  ]
}

function rounded(value: number | undefined): string {
  return value === undefined ? '-' : String(Number(value.toPrecision(6)))
}

function skillsOf({ workers, next }: ClassStatus): string {
  return [...workers]
    .sort((one, other) => one.seconds - other.seconds)
    .map(({ worker, role, seconds: mean }) => {
      const mark = worker === next ? '*' : ''
      return `${printable(worker)}${mark} ${role} ${seconds(mean)}`
    })
    .join(', ')
}

function stateOf(worker: WorkerStatus): string {
  const { state, warmUp, handingOver, isHeld, isInMaintenance, isStandby, ejectedUntil } = worker
  if (handingOver !== null) return `${state}, handing over ${handingOver}`
  if (isHeld) return `${state} (held)`
  if (isInMaintenance) return `${state} (maintenance)`
  if (ejectedUntil !== null) return 'ejected'
  if (warmUp) return `${state} ${warmUp.done}/${warmUp.total}`
  return isStandby ? `${state} (standby)` : state
}

function loadOf({ load }: WorkerStatus): string {
  if (load === null) return '-'
  // What is only assumed would look like a limit.
  return load.isConcurrencyAssumed ? `${load.requests}/-` : `${load.requests}/${load.concurrency}`
}

function noteOf({ capacity, connectedAt, lastFailure }: WorkerStatus): string {
  const isLost = connectedAt === null && lastFailure !== null
  const notes = [capacity !== 1 && `capacity ${capacity}`, isLost && printable(lastFailure.reason)]
  return notes.filter(Boolean).join(', ')
}

function percentilesText(values: { p50: number; p90: number; p99: number } | null): string {
  if (values === null) return '-'
  return `${seconds(values.p50)} median, ${seconds(values.p90)} 90 %, ${seconds(values.p99)} 99 %`
}

function percent(ratio: number | null): string {
  return ratio === null ? '-' : `${Math.round(ratio * 1000) / 10} %`
}

/** A time in a unit in which it has few digits. */
function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-'
  if (value >= 10) return `${Math.round(value)} s`
  if (value >= 1) return `${value.toFixed(1)} s`
  const ms = value * 1000
  return `${ms >= 10 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`
}

function ageOf(instant: string | null, now: string): string {
  return instant === null ? '-' : seconds(Math.max(0, Date.parse(now) - Date.parse(instant)) / 1000)
}

/** The empty class can be seen. */
function className(name: string): string {
  return printable(name) || '""'
}

/** What workers and clients name is not to move the cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows]
  const widths = columns.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What has become of a configuration that was read again. */
export function reloadText({ changed, restart }: Reloaded): string {
  const said = changed.length === 0 ? 'nothing has changed' : `changed: ${changed.join(', ')}`
  return restart.length === 0 ? said : `${said}\na restart is needed for: ${restart.join(', ')}`
}
