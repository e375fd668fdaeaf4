/** What all workers of a simulation share. */
import type { HandedClass, PlannedHome, ResumeChanges } from '@resumelb/protocol'
import type { EventQueue } from './event-queue.ts'
import type { Site } from './scenario.ts'
import type { SimWorker } from './sim-worker.ts'
import type { Request } from './workload.ts'

/** Where a worker writes what it does. */
export interface WorkerRecorder {
  served(workerIndex: number, request: Request, found: number): void
  busy(workerIndex: number, seconds: number): void
}

export interface WorkerSetting {
  readonly site: Site
  readonly events: EventQueue
  readonly recorder: WorkerRecorder
  /** Called with what one balancer learns of the worker's skills, or all of them do. */
  readonly publish: (
    worker: SimWorker,
    changes: ResumeChanges,
    balancer: number | undefined,
  ) => void
  /** Called with what the worker offers to the balancer that has asked, and to all others. */
  readonly onOffer: (worker: SimWorker, classes: readonly HandedClass[]) => void
  /** Called with what a balancer has planned, for the others. */
  readonly onPlan: (worker: SimWorker, planned: PlannedHome) => void
  /** Called when the worker has got ready. */
  readonly onReady: (worker: SimWorker) => void
}
