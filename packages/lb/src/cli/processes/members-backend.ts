/** What the admin server tells of several processes: it asks them all, and adds up. */
import { type Clock, systemClock } from '@resumelb/common'
import type pino from 'pino'
import type { AdminBackend } from '../../admin/backend.ts'
import { type ChangeHooks, Changes } from '../../admin/changes.ts'
import type { StatusSource } from '../../admin/event-stream.ts'
import type { BadQuestion, ExplainAnswer } from '../../admin/explain-query.ts'
import { History } from '../../admin/history.ts'
import type { HistoryStatus } from '../../admin/history-document.ts'
import { Incidents } from '../../admin/incidents.ts'
import { labelled, mergedFamilies, RetiredFamilies } from '../../admin/merged/families.ts'
import { mergedIncidents } from '../../admin/merged/incidents.ts'
import { processFamilies } from '../../admin/merged/process-families.ts'
import { mergedStatus, type ProcessReport } from '../../admin/merged/status.ts'
import { sumOf } from '../../admin/merged/sums.ts'
import { type Exposition, ProcessMetrics } from '../../admin/metrics.ts'
import type { AdminStatus, Totals } from '../../admin/status-document.ts'
import { LoadBalancerEvents } from '../../events.ts'
import { software } from '../../version.ts'
import type { AllMembers } from './all-members.ts'
import type { MemberProcess } from './member-process.ts'
import type { Members } from './members.ts'

/** Milliseconds between two readings of all processes. */
const readInterval = 1_000

/** Readings after which the metrics are read too, so that little is lost when a process dies. */
const metricsEvery = 5

/** Classes of each process are asked for so many times, as those of all are others than its own. */
const classFactor = 2

const maxClasses = 1_000

export interface MembersBackendOptions {
  readonly id: string
  readonly members: Members
  readonly all: AllMembers
  readonly hooks: ChangeHooks
  readonly log: pino.Logger
  readonly clock?: Clock
}

export class MembersBackend implements AdminBackend {
  readonly live: StatusSource
  readonly changes: Changes
  readonly #id: string
  readonly #members: Members
  readonly #clock: Clock
  readonly #startedAt: string = new Date().toISOString()
  readonly #incidents = new Incidents(new LoadBalancerEvents())
  readonly #history = new History()
  readonly #metrics = new ProcessMetrics()
  readonly #retired = new RetiredFamilies()
  #retiredTotals: Totals | undefined
  /** Classes that the last reader wanted. */
  #classes = 0
  #readings = 0
  #last: Promise<unknown> = Promise.resolve()
  #cancel: () => void = () => undefined

  /** Reads the processes once a second from now on. */
  constructor({ id, members, all, hooks, log, clock = systemClock }: MembersBackendOptions) {
    this.#id = id
    this.#members = members
    this.#clock = clock
    this.live = { read: (classes) => this.#merged(classes), incidents: this.#incidents }
    this.changes = new Changes(all, this.#incidents, log, hooks)
    members.onGone = (member) => this.#retire(member)
    this.#readSoon()
  }

  /** Whether some process takes requests. */
  async isReady(): Promise<boolean> {
    if (this.#members.isStopping) return false
    const asked = this.#members.serving.map(async (member) => {
      if (!(await member.ask('isReady'))) throw new Error('not ready')
    })
    return Promise.any(asked).then(
      () => true,
      () => false,
    )
  }

  async status(classes: number): Promise<AdminStatus> {
    await this.prepare(classes)
    return this.#merged(classes)
  }

  async prepare(classes: number): Promise<void> {
    this.#classes = Math.min(maxClasses, Math.max(this.#classes, classes * classFactor))
    await this.#read()
  }

  history(): HistoryStatus {
    return this.#history.read(this.#id, new Date().toISOString())
  }

  async metrics(): Promise<Exposition> {
    await this.#readFamilies()
    const counted = this.#members.running.flatMap(({ number, lastFamilies }) =>
      lastFamilies === undefined ? [] : [{ number, ...lastFamilies }],
    )
    const own = this.#retired.with(counted.map((one) => one.own))
    const processes = [
      ...labelled(await this.#metrics.families(), 'primary'),
      ...counted.flatMap((one) => labelled(one.process, String(one.number))),
    ]
    return this.#metrics.expose(
      [...own, ...processFamilies(this.#members)],
      mergedFamilies(processes.map((family) => [family])),
    )
  }

  /** Answers for one process, which the answer names: each knows what it has seen. */
  async explain(query: URLSearchParams, body?: Buffer): Promise<ExplainAnswer | BadQuestion> {
    const wanted = query.get('process')
    const member = this.#members.serving.find(
      ({ number }) => wanted === null || String(number) === wanted,
    )
    if (member === undefined) return { error: 'There is no such process that serves clients.' }
    const answer = await member.ask('explain', query.toString(), body?.toString('base64') ?? null)
    return 'error' in answer ? answer : { ...answer, process: member.number }
  }

  stop(): void {
    this.#cancel()
    this.#incidents.stop()
  }

  #readSoon(): void {
    this.#cancel = this.#clock.after(readInterval, async () => {
      await this.#read()
      if (this.#readings++ % metricsEvery === 0) await this.#readFamilies()
      const { balancer, workers } = this.#merged(0)
      this.#history.add({ ...balancer, workers })
      // What was wanted once need not be wanted any more.
      this.#classes = 0
      this.#readSoon()
    })
  }

  /** One after the other, so that each incident is read once. */
  #read(): Promise<unknown> {
    this.#last = this.#last.then(async () => {
      const members = this.#members.running
      const found = await Promise.all(members.map((member) => this.#readOne(member)))
      for (const incident of mergedIncidents(found)) this.#incidents.append(incident)
    })
    return this.#last
  }

  async #readOne(member: MemberProcess) {
    const since = member.lastReport?.incidentCount ?? 0
    try {
      member.lastReport = await member.ask('report', this.#classes, since)
      return { process: member.number, incidents: member.lastReport.incidents }
    } catch {
      // It is busy, or has just ended: what it has said before counts.
      return { process: member.number, incidents: [] }
    }
  }

  async #readFamilies(): Promise<void> {
    const read = async (member: MemberProcess) => {
      member.lastFamilies = await member.ask('families')
    }
    await Promise.allSettled(this.#members.running.map(read))
  }

  #retire({ lastReport, lastFamilies }: MemberProcess): void {
    if (lastReport !== undefined) {
      const { totals } = lastReport.status.balancer
      this.#retiredTotals =
        this.#retiredTotals === undefined ? totals : sumOf(this.#retiredTotals, totals)
    }
    if (lastFamilies !== undefined) this.#retired.add(lastFamilies.own)
  }

  #merged(classes: number): AdminStatus {
    const reports = this.#members.running.flatMap(({ number, lastReport }): ProcessReport[] =>
      lastReport === undefined ? [] : [{ process: number, ...lastReport }],
    )
    const facts = {
      ...{ id: this.#id, pid: process.pid, software, startedAt: this.#startedAt },
      time: new Date().toISOString(),
      isDraining: this.#members.isStopping,
      memoryBytes: process.memoryUsage.rss(),
      retired: this.#retiredTotals,
      incidents: this.#incidents.list,
    }
    return mergedStatus(reports, facts, classes)
  }
}
