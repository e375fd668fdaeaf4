/** The worker processes of one contestant. */

import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Workload } from '../workload.ts'
import { freePorts, host, untilReady } from './network.ts'
import type { Command } from './program.ts'
import { Service } from './service.ts'

/** Milliseconds from the end of one worker to the end of the next, if it is up again by then. */
const restartEveryMs = 1400

const app = fileURLToPath(new URL('../app/dist/app.js', import.meta.url))
const httpServer = fileURLToPath(new URL('../app/dist/serve.js', import.meta.url))
const resumelbWorker = fileURLToPath(
  new URL('../../../packages/worker/bin/resumelb-worker.js', import.meta.url),
)

/** How a worker is asked: by resumelb's protocol, or as the HTTP server that others expect. */
export type Speech = 'resumelb' | 'http'

/** What workers are started. */
export interface FleetPlan {
  readonly speech: Speech
  readonly workload: Workload
  readonly onGone: (reason: string) => void
  /** Tenants that are in their caches from the start. */
  readonly preloaded: readonly string[]
  /** The folder of their résumés, if they warm up. */
  readonly resumes: string | undefined
}

export class Fleet {
  readonly ports: readonly number[]
  readonly #services: readonly Service[]
  readonly #warmsUp: boolean

  /** Starts the workers. */
  static async start(plan: FleetPlan): Promise<Fleet> {
    const ports = await freePorts(plan.workload.workers)
    const fleet = new Fleet(ports, plan)
    await Promise.all(fleet.#services.map((service) => service.ready()))
    return fleet
  }

  private constructor(ports: readonly number[], plan: FleetPlan) {
    this.ports = ports
    this.#services = ports.map(
      (port, index) => new Service(command(plan, port, index), port, plan.onGone),
    )
    this.#warmsUp = plan.resumes !== undefined
  }

  /** Ends each worker in turn by SIGTERM and starts it again, with an empty cache. */
  async restartEach(): Promise<void> {
    for (const service of this.#services) {
      const next = wait(restartEveryMs)
      await service.stop()
      await service.start()
      // As the recipe for restarts says, which gives the next worker its time.
      if (this.#warmsUp) await untilReady(service.port)
      await next
    }
  }

  /** Ends all of them at once. */
  async end(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.end()))
  }
}

function command(plan: FleetPlan, port: number, index: number): Command {
  const { speech, workload, preloaded, resumes } = plan
  const name = `w${index + 1}`
  const { concurrency, cached, warmMs, loadMs } = workload
  const env = {
    WORKER_NAME: name,
    CACHED: String(cached),
    WARM_MS: String(warmMs),
    LOAD_MS: String(loadMs),
    ...(preloaded.length > 0 ? { PRELOADED: preloaded.join(',') } : {}),
  }
  if (speech === 'http') {
    const more = { HOST: host, PORT: String(port), CONCURRENCY: String(concurrency) }
    return { name, file: process.execPath, args: [httpServer], env: { ...env, ...more } }
  }
  const options = ['--address', `${host}:${port}`, '--concurrency', String(concurrency)]
  if (resumes !== undefined) {
    options.push('--resume-file', join(resumes, name), '--warm-up', 'replay')
  }
  return { name, file: process.execPath, args: [resumelbWorker, app, ...options], env }
}
