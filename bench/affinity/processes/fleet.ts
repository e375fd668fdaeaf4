/** The worker processes of one contestant. */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Workload } from '../workload.ts'
import { freePorts, host, untilListening } from './network.ts'
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

export class Fleet {
  readonly ports: readonly number[]
  readonly #commands: readonly Command[]
  readonly #programs: Program[]
  readonly #onGone: (reason: string) => void

  /** Starts the workers. `preloaded` tenants are in their caches from the start. */
  static async start(
    speech: Speech,
    workload: Workload,
    onGone: (reason: string) => void,
    preloaded: readonly string[] = [],
  ): Promise<Fleet> {
    const ports = await freePorts(workload.workers)
    const commands = ports.map((port, index) => command(speech, workload, port, index, preloaded))
    const fleet = new Fleet(ports, commands, onGone)
    await Promise.all(ports.map(untilListening))
    return fleet
  }

  private constructor(
    ports: readonly number[],
    commands: readonly Command[],
    onGone: (reason: string) => void,
  ) {
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
      await next
    }
  }

  /** Ends all of them at once. */
  async end(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()))
  }
}

function command(
  speech: Speech,
  workload: Workload,
  port: number,
  index: number,
  preloaded: readonly string[],
): Command {
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
  return { name, file: process.execPath, args: [resumelbWorker, app, ...options], env }
}
