/** One run as a message: what to run, and what came out. */
import type { Result } from './metrics.ts'
import { policyNamed } from './policies.ts'
import { scenarioNamed } from './scenarios.ts'
import { simulate } from './simulation.ts'

export interface Job {
  readonly scenario: string
  readonly policy: string
  readonly seed: number
}

export interface Done {
  readonly job: Job
  readonly result: Result
}

export function runJob(job: Job): Done {
  return { job, result: simulate(scenarioNamed(job.scenario), policyNamed(job.policy), job.seed) }
}
