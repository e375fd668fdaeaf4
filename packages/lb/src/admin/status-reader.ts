/** Makes the status of a load balancer, of what it says of itself and of what was counted. */
import type { Clock } from '@resumelb/common'
import type { Explanation } from '../pool/explanation.ts'
import { software } from '../version.ts'
import type { WorkerSnapshot } from '../workers/worker.ts'
import type { AdminSource } from './admin-source.ts'
import { type ClassCount, rateOf } from './class-tally.ts'
import { History } from './history.ts'
import type { HistoryStatus } from './history-document.ts'
import { Incidents } from './incidents.ts'
import { oldestRequests } from './oldest-requests.ts'
import { type RecentCounts, RecentWindow, recentOf, rounded } from './recent.ts'
import { RecentExplanations } from './recent-explanations.ts'
import type {
  AdminStatus,
  BalancerStatus,
  ClassSkill,
  ClassStatus,
  Totals,
} from './status-document.ts'
import { Tallies } from './tallies.ts'
import { type UnitCounts, warmRatio } from './unit-counts.ts'
import type { WorkerStatus } from './worker-status.ts'

/** Classes that are counted at most. */
const maxCountedClasses = 2_000

/** Milliseconds between two samples. */
const sampleInterval = 1_000

export class StatusReader {
  readonly tallies: Tallies
  readonly incidents: Incidents
  readonly #source: AdminSource
  readonly #clock: Clock
  readonly #recent: RecentWindow
  readonly #explanations: RecentExplanations<Pick<ClassStatus, 'next' | 'workers'>>
  readonly #history: History = new History()
  readonly #startedAt: number
  /** What to add to an instant of the clock, for milliseconds since 1970. */
  #epoch = 0
  #cancelSample: () => void = () => undefined

  /** Begins to count. */
  constructor(source: AdminSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
    this.tallies = new Tallies(source.events, () => clock.now(), maxCountedClasses)
    this.incidents = new Incidents(source.events)
    this.#recent = new RecentWindow(this.tallies, this.#seconds)
    this.#explanations = new RecentExplanations((requestClass) =>
      placesOf(source.explain({ requestClass })),
    )
    this.#startedAt = clock.now()
    this.#sampleSoon()
  }

  /** Ends the counting. */
  stop(): void {
    this.#cancelSample()
    this.tallies.stop()
    this.incidents.stop()
  }

  /** Whether the load balancer takes requests. */
  get isReady(): boolean {
    return takesRequests(this.#source)
  }

  /** What was counted in the last seconds. */
  get recentCounts(): RecentCounts {
    return this.#recent.counts(this.#seconds)
  }

  /** The last minutes. */
  get history(): HistoryStatus {
    this.#setEpoch()
    return this.#history.read(this.#source.id, this.#instant(this.#clock.now()))
  }

  /** The present status, with so many classes. */
  read(classes: number): AdminStatus {
    const { workers } = this.#source
    const oldest = oldestRequests(this.#source.requests)
    this.#setEpoch()
    return {
      time: this.#instant(this.#clock.now()),
      balancer: this.#balancer(workers, oldest),
      workers: workers
        .map((worker) => this.#worker(worker, oldest.get(worker.address)))
        .sort((one, other) => (one.address < other.address ? -1 : 1)),
      classes: this.tallies.classes.top(classes, this.#seconds).map((one) => this.#class(one)),
      incidents: this.incidents.list,
    }
  }

  #balancer(
    workers: readonly WorkerSnapshot[],
    oldest: ReadonlyMap<string, number>,
  ): BalancerStatus {
    const { id, isDraining, backlog, waiting, settings } = this.#source
    return {
      software,
      id,
      pid: process.pid,
      startedAt: this.#instant(this.#startedAt),
      isReady: takesRequests({ isDraining, workers }),
      isDraining,
      backlog,
      waiting,
      oldestRequestAt: oldest.size === 0 ? null : this.#instant(Math.min(...oldest.values())),
      countedClasses: this.tallies.classes.size,
      memoryBytes: process.memoryUsage.rss(),
      settings,
      totals: this.#totals(),
      recent: recentOf(this.recentCounts),
    }
  }

  #totals(): Totals {
    const tallies = this.tallies
    const codes: Record<string, number> = {}
    for (const worker of tallies.workers.values()) {
      for (const [code, count] of worker.codes) {
        const name = `${Math.floor(code / 100)}xx`
        codes[name] = (codes[name] ?? 0) + count
      }
    }
    return {
      requests: tallies.requests,
      outcomes: { ...tallies.outcomes },
      codes,
      retries: tallies.retries,
      retriesDenied: tallies.retriesDenied,
      inputsRefused: [...tallies.refusedInputs.values()].reduce((sum, count) => sum + count, 0),
      choices: Object.fromEntries(tallies.choices),
      affinityLookups: tallies.affinityLookups,
      affinityHits: tallies.affinityHits,
      regretSeconds: tallies.regretSeconds,
      ...tallies.sizes,
      bytesSent: tallies.bytesSent,
      bytesReceived: tallies.bytesReceived,
    }
  }

  #worker(worker: WorkerSnapshot, oldest: number | undefined): WorkerStatus {
    const { address, state, isReady, isHeld, isStandby, capacity, backlog, load, lastFailure } =
      worker
    const tally = this.tallies.workers.get(address)
    return {
      address,
      state,
      warmUp: state === 'warming' ? (load?.warmUp ?? null) : null,
      handingOver: worker.handingOver ?? null,
      isReady,
      isHeld,
      isInMaintenance: load?.maintenance === true,
      isStandby,
      capacity,
      ejectedUntil: this.#instantOr(tally?.ejectedUntil),
      description: worker.description ?? null,
      version: worker.version ?? null,
      connectedAt: this.#instantOr(worker.connectedAt),
      backlog,
      oldestRequestAt: this.#instantOr(oldest),
      unsentBytes: worker.unsentLength,
      load:
        load === undefined
          ? null
          : {
              concurrency: load.concurrency,
              isConcurrencyAssumed: worker.isUnlimited,
              requests: load.requests,
              eventLoopDelaySeconds: rounded(load.eventLoopDelay / 1000),
            },
      requests: tally?.requests ?? 0,
      errors: tally?.errors ?? 0,
      retries: tally?.retries ?? 0,
      ejections: tally?.ejections ?? 0,
      disconnects: tally?.disconnects ?? 0,
      ...this.#recent.readWorker(address, tally, this.#seconds),
      warmUnitRatio: warmPart(tally?.sizes),
      lastFailure: lastFailure ? { ...lastFailure, at: this.#instant(lastFailure.at) } : null,
    }
  }

  #class(counted: ClassCount): ClassStatus {
    const { name, requests, floor, hits, seconds } = counted
    const { next, workers } = this.#explanations.of(name, this.#seconds)
    const known = requests - floor
    return {
      name,
      requests,
      floor,
      requestsPerSecond: rounded(rateOf(counted, this.#seconds)),
      meanSeconds: known > 0 ? rounded(seconds / known) : null,
      affinityHitRatio: workers.length > 0 || hits > 0 ? rounded(hits / known) : null,
      warmUnitRatio: warmPart(counted.sizes),
      next,
      workers,
    }
  }

  #sampleSoon(): void {
    this.#cancelSample = this.#clock.after(sampleInterval, () => {
      this.#recent.sample(this.#seconds)
      const { backlog, waiting, workers } = this.#source
      this.#history.add({ backlog, waiting, workers, recent: recentOf(this.recentCounts) })
      this.tallies.prune(new Set(workers.map(({ address }) => address)))
      this.#sampleSoon()
    })
  }

  /**
   * Instants keep their texts, unless the calendar is set anew: else all would change each second.
   */
  #setEpoch(): void {
    const epoch = Date.now() - this.#clock.now()
    if (Math.abs(epoch - this.#epoch) > 1_000) this.#epoch = epoch
  }

  #instant(at: number): string {
    return new Date(at + this.#epoch).toISOString()
  }

  #instantOr(at: number | undefined): string | null {
    return at === undefined ? null : this.#instant(at)
  }

  /** The time as pools count it. */
  get #seconds(): number {
    return this.#clock.now() / 1000
  }
}

function takesRequests({ isDraining, workers }: Pick<AdminSource, 'isDraining' | 'workers'>) {
  return !isDraining && workers.some(({ isReady }) => isReady)
}

function warmPart(sizes: UnitCounts | undefined): number | null {
  const ratio = sizes === undefined ? null : warmRatio(sizes)
  return ratio === null ? null : rounded(ratio)
}

/** Where the next request of a class goes, and which workers are skilled at it. */
function placesOf(
  explanation: Explanation<string> | undefined,
): Pick<ClassStatus, 'next' | 'workers'> {
  const { chosen = null, candidates = [] } = explanation ?? {}
  const workers = candidates.flatMap(({ worker, role, skill }): ClassSkill[] => {
    if (skill === undefined) return []
    const { count } = skill
    const [seconds, requestsPerSecond] = [rounded(skill.seconds), rounded(skill.rate)]
    return [{ worker, role, seconds, count, requestsPerSecond }]
  })
  return { next: chosen, workers }
}
