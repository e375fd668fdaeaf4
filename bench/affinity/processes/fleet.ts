/** The worker processes of one contestant. */

import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Workload } from '../workload.ts'
import { freePorts, host, untilListening, untilReady } from './network.ts'
import { type Command, Program } from './program.ts'

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
  readonly #commands: readonly Command[]
  readonly #programs: Program[]
  readonly #onGone: (reason: string) => void
  readonly #warmsUp: boolean

  /** Starts the workers. */
  static async start(plan: FleetPlan): Promise<Fleet> {
    const ports = await freePorts(plan.workload.workers)
    const commands = ports.map((port, index) => command(plan, port, index))
    const fleet = new Fleet(ports, commands, plan)
    await Promise.all(ports.map(untilListening))
    return fleet
  }

  private constructor(
    ports: readonly number[],
    commands: readonly Command[],
    { onGone, resumes }: FleetPlan,
  ) {
    this.#warmsUp = resumes !== undefined
    this.ports = ports
    this.#commands = commands
    this.#onGone = onGone
    this.#programs = commands.map((each) => new Program(each, onGone))
  }

  /** Ends each worker in turn by SIGTERM and starts it again, with an empty cache. */
  async restartEach(): Promise<void> {
    for (const [index, each] of this.#commands.entries()) {
      const next = wait(restartEveryMs)
      await this.#programs[index]!.stop()
      this.#programs[index] = new Program(each, this.#onGone)
      await untilListening(this.ports[index]!)
      // As the recipe for restarts says, which gives the next worker its time.
      if (this.#warmsUp) await untilReady(this.ports[index]!)
      await next
    }
  }

  /** Ends all of them at once. */
  async end(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()))
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
