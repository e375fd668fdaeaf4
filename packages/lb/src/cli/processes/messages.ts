/** What the primary process and the processes that serve clients send each other. */
import type { Reloaded } from '../../admin/changes.ts'
import type { BadQuestion, ExplainAnswer } from '../../admin/explain-query.ts'
import type { ProcessReport } from '../../admin/merged/status.ts'
import type { CountedFamilies } from '../../admin/metrics.ts'
import type { Status } from '../../admin/status.ts'
import type { Incident } from '../../admin/status-document.ts'
import type { State } from '../state-file.ts'

type Settings = Readonly<Record<string, unknown>>

/** What a process says of itself for the status of all. */
export interface Report extends Omit<ProcessReport, 'process'> {
  /** Incidents that were ever added there. */
  readonly incidentCount: number
  /** Those since the count that was asked for. */
  readonly incidents: readonly Incident[]
}

/** What a process that serves clients can be asked for. All of it is sent as JSON. */
export interface Services {
  report(classes: number, incidentsSince: number): Report
  families(): Promise<CountedFamilies>
  backlogs(): Status
  isReady(): boolean
  readyWorkers(): number
  /** `body`: in base64. */
  explain(query: string, body: string | null): ExplainAnswer | BadQuestion
  settings(): Settings
  updateSettings(settings: Settings): void
  addWorker(worker: string): void
  removeWorker(address: string): boolean
  drainWorker(address: string, deadline: number | null): boolean
  readyWorker(address: string): boolean
  /** What was changed at run time. */
  state(): State
  /** Reads the configuration again. */
  reload(): Promise<Reloaded>
}

export type ServiceName = keyof Services

/** What a process does from its start on. */
export interface Assignment {
  /** The changes at run time, which it makes again. */
  readonly state: State | null
  /** It serves when so many workers are ready, as they were where it takes over. */
  readonly readyWorkers: number | null
}

/** From the primary process. */
export type Order =
  | { readonly order: 'begin'; readonly assignment: Assignment }
  | {
      readonly order: 'ask'
      readonly id: number
      readonly name: ServiceName
      readonly args: unknown[]
    }
  | { readonly order: 'reopen'; readonly signal: NodeJS.Signals }
  /** Finishes its requests; another process may have its clients by then. */
  | { readonly order: 'stop'; readonly isHandedOver: boolean }

/** To the primary process. */
export type Notice =
  /** It listens. */
  | { readonly notice: 'serving' }
  /** It does not listen any more. */
  | { readonly notice: 'closing' }
  | {
      readonly notice: 'answer'
      readonly id: number
      readonly value?: unknown
      readonly error?: Failure
    }
  /** The last it has counted, before it ends. */
  | { readonly notice: 'last'; readonly report: Report; readonly families: CountedFamilies }

export interface Failure {
  readonly message: string
  /** Whether it is the asker's mistake. */
  readonly isRefusal: boolean
}
