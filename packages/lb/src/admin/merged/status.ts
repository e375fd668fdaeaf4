/** Makes one status of those of several processes. Pure. */
import { type RecentCounts, recentOf, rounded } from '../recent.ts'
import type {
  AdminStatus,
  BalancerStatus,
  ClassSkill,
  ClassStatus,
  Incident,
  ProcessStatus,
  Totals,
} from '../status-document.ts'
import { noUnits } from '../unit-counts.ts'
import type { WorkerStatus } from '../worker-status.ts'
import { sumOf } from './sums.ts'

/** What one of the processes says. */
export interface ProcessReport {
  /** From 1 on. */
  readonly process: number
  readonly status: AdminStatus
  readonly recent: RecentCounts
}

/** What the processes have in common. */
export interface CommonFacts {
  readonly id: string
  readonly pid: number
  readonly software: string
  readonly startedAt: string
  readonly time: string
  readonly isDraining: boolean
  readonly memoryBytes: number
  /** Counted by processes that have ended. */
  readonly retired: Totals | undefined
  readonly incidents: readonly Incident[]
}

/** `reports` are those of the processes that run; `classes` is how many are listed. */
export function mergedStatus(
  reports: readonly ProcessReport[],
  facts: CommonFacts,
  classes: number,
): AdminStatus {
  const all = reports.map(({ status }) => status)
  return {
    time: facts.time,
    balancer: mergedBalancer(reports, facts),
    workers: [
      ...grouped(
        all.flatMap(({ workers }) => workers),
        ({ address }) => address,
      ).values(),
    ]
      .map(mergedWorker)
      .sort((one, other) => (one.address < other.address ? -1 : 1)),
    classes: [
      ...grouped(
        all.flatMap((one) => one.classes),
        ({ name }) => name,
      ).values(),
    ]
      .map(mergedClass)
      .sort((one, other) => other.requestsPerSecond - one.requestsPerSecond)
      .slice(0, classes),
    incidents: facts.incidents,
  }
}

function mergedBalancer(reports: readonly ProcessReport[], facts: CommonFacts): BalancerStatus {
  const { id, pid, software, startedAt, isDraining, retired } = facts
  const all = reports.map(({ status: { balancer } }) => balancer)
  const sum = (read: (one: BalancerStatus) => number) =>
    all.reduce((all, one) => all + read(one), 0)
  const totals = all.map((one) => one.totals)
  return {
    software,
    id,
    pid,
    startedAt,
    isReady: all.some(({ isReady }) => isReady),
    isDraining,
    backlog: sum(({ backlog }) => backlog),
    waiting: sum(({ waiting }) => waiting),
    oldestRequestAt: earliest(all.map(({ oldestRequestAt }) => oldestRequestAt)),
    countedClasses: Math.max(0, ...all.map(({ countedClasses }) => countedClasses)),
    memoryBytes: facts.memoryBytes + sum(({ memoryBytes }) => memoryBytes),
    settings: all[0]?.settings ?? {},
    totals: [...totals, retired ?? noTotals].reduce(sumOf),
    recent: recentOf(mergedRecent(reports.map(({ recent }) => recent))),
    processes: reports.map(processOf),
  }
}

function processOf({ process, status: { balancer, workers } }: ProcessReport): ProcessStatus {
  const { pid, id, startedAt, isReady, isDraining, backlog, waiting, memoryBytes } = balancer
  return {
    ...{ process, pid, id, startedAt, isReady, isDraining, backlog, waiting, memoryBytes },
    workersReady: workers.filter((worker) => worker.isReady).length,
    requests: balancer.totals.requests,
    requestsPerSecond: balancer.recent.requestsPerSecond,
  }
}

/** Nothing has been counted. */
export const noTotals: Totals = {
  requests: 0,
  outcomes: { served: 0, failed: 0, shed: 0, refused: 0, abandoned: 0 },
  codes: {},
  retries: 0,
  retriesDenied: 0,
  inputsRefused: 0,
  choices: {},
  affinityLookups: 0,
  affinityHits: 0,
  regretSeconds: 0,
  units: 0,
  chainUnits: 0,
  warmUnits: 0,
  bytesSent: 0,
  bytesReceived: 0,
}

/** The processes count at the same time: their seconds do not add up. */
function mergedRecent(all: readonly RecentCounts[]): RecentCounts {
  const seconds = Math.max(0.001, ...all.map((one) => one.seconds))
  const [first, ...others] = all
  return { ...(first === undefined ? noCounts : others.reduce(sumOf, first)), seconds }
}

const noCounts: RecentCounts = {
  ...{ seconds: 0, requests: 0, errors: 0, retries: 0, affinityLookups: 0, affinityHits: 0 },
  ...{ regrets: 0, regretSeconds: 0, choices: 0, spills: 0 },
  ...noUnits(),
  ...{ duration: [], timeToFirstByte: [], queue: [] },
}

/** The states of a worker: the lower, the more use it is of. */
const ranks: Readonly<Record<WorkerStatus['state'], number>> = {
  ...{ ready: 0, warming: 1, unready: 2, unresponsive: 3, draining: 4, connecting: 5, waiting: 6 },
}

/** What the processes know of one worker: where they differ, what is best for a request counts. */
function mergedWorker(rows: readonly WorkerStatus[]): WorkerStatus {
  const sum = (read: (row: WorkerStatus) => number) => rows.reduce((all, row) => all + read(row), 0)
  const [best] = [...rows].sort((one, other) => ranks[one.state] - ranks[other.state]) as [
    WorkerStatus,
  ]
  const requestsPerSecond = sum((row) => row.requestsPerSecond)
  return {
    ...best,
    isReady: rows.some(({ isReady }) => isReady),
    isHeld: rows.some(({ isHeld }) => isHeld),
    isInMaintenance: rows.some(({ isInMaintenance }) => isInMaintenance),
    ejectedUntil: latest(rows.map((row) => row.ejectedUntil)),
    connectedAt: latest(rows.map((row) => row.connectedAt)),
    backlog: sum(({ backlog }) => backlog),
    oldestRequestAt: earliest(rows.map((row) => row.oldestRequestAt)),
    unsentBytes: sum(({ unsentBytes }) => unsentBytes),
    load: [...rows].sort((one, other) => loadOf(other) - loadOf(one))[0]?.load ?? null,
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    retries: sum(({ retries }) => retries),
    ejections: sum(({ ejections }) => ejections),
    disconnects: sum(({ disconnects }) => disconnects),
    requestsPerSecond: rounded(requestsPerSecond),
    meanSeconds: meanOf(
      rows,
      (row) => row.meanSeconds,
      (row) => row.requestsPerSecond,
    ),
    warmUnitRatio: meanOf(
      rows,
      (row) => row.warmUnitRatio,
      (row) => row.requests,
    ),
    lastFailure:
      rows
        .map(({ lastFailure }) => lastFailure)
        .sort((one, other) => ((one?.at ?? '') < (other?.at ?? '') ? 1 : -1))[0] ?? null,
  }
}

function loadOf({ load }: WorkerStatus): number {
  return load?.requests ?? -1
}

function mergedClass(rows: readonly ClassStatus[]): ClassStatus {
  const sum = (read: (row: ClassStatus) => number) => rows.reduce((all, row) => all + read(row), 0)
  const [first] = rows as [ClassStatus]
  const mean = (read: (row: ClassStatus) => number | null) =>
    meanOf(rows, read, ({ requests, floor }) => requests - floor)
  return {
    name: first.name,
    requests: sum(({ requests }) => requests),
    floor: sum(({ floor }) => floor),
    requestsPerSecond: rounded(sum((row) => row.requestsPerSecond)),
    meanSeconds: mean((row) => row.meanSeconds),
    affinityHitRatio: mean((row) => row.affinityHitRatio),
    warmUnitRatio: mean((row) => row.warmUnitRatio),
    next: first.next,
    workers: mergedSkills(rows),
  }
}

/** The mean of what some of the rows know, by their weights; null if none does. */
function meanOf<Row>(
  rows: readonly Row[],
  read: (row: Row) => number | null,
  weigh: (row: Row) => number,
): number | null {
  let sum = 0
  let weights = 0
  for (const row of rows) {
    const value = read(row)
    if (value === null) continue
    sum += value * weigh(row)
    weights += weigh(row)
  }
  return weights > 0 ? rounded(sum / weights) : null
}

/** Workers count the requests of all load balancers: who has heard last knows the most. */
function mergedSkills(rows: readonly ClassStatus[]): ClassSkill[] {
  const skills = grouped(
    rows.flatMap(({ workers }) => workers),
    ({ worker }) => worker,
  )
  return [...skills.values()].map((all) =>
    all.reduce((best, one) => (one.count > best.count ? one : best)),
  )
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return groups
}

/** Of texts as in ISO 8601. */
function earliest(instants: readonly (string | null)[]): string | null {
  return instants.filter((one) => one !== null).sort()[0] ?? null
}

function latest(instants: readonly (string | null)[]): string | null {
  return (
    instants
      .filter((one) => one !== null)
      .sort()
      .at(-1) ?? null
  )
}
