/** One contestant at work before model engines: processes of all of them. */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Contestant } from '../contestants/contestant.ts'
import { freePorts, host, untilServing } from '../processes/network.ts'
import { type Command, Program } from '../processes/program.ts'
import { Service } from '../processes/service.ts'
import type { ModelWorkload } from './workload.ts'

/** Seconds for which an engine that is restarted is gone, as if it loaded its model. */
export const downSeconds = 6

/** Requests that a worker has at its engine at once, as docs/model-servers.md has it. */
const concurrency = 64

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const engineFile = fileOf('../../../examples/model-engine/server.js')
const workerFile = fileOf('../../../packages/worker/bin/resumelb-worker.js')

export class ModelSite {
  /** Rejects when one of the processes ends by itself. */
  readonly failed: Promise<never>
  readonly balancerPorts: readonly number[]
  readonly #engines: readonly Service[]
  /** One for each engine, where the load balancer has workers. */
  readonly #workers: readonly Service[]
  readonly #balancers: Program[] = []

  /** Starts engines, and workers if there are any, and so many load balancers. */
  static async start(
    contestant: Contestant,
    workload: ModelWorkload,
    balancers: number,
    folder: string,
  ): Promise<ModelSite> {
    const { engines } = workload
    const hasWorkers = contestant.product === 'resumelb'
    const ports = await freePorts(engines * 2 + balancers)
    const enginePorts = ports.splice(0, engines)
    const workerPorts = hasWorkers ? ports.splice(0, engines) : []
    const balancerPorts = ports.splice(0, balancers)
    const site = new ModelSite(workload, enginePorts, workerPorts, balancerPorts)
    const services = [...site.#engines, ...site.#workers]
    await Promise.race([Promise.all(services.map((service) => service.ready())), site.failed])
    const servers = hasWorkers ? workerPorts : enginePorts
    await site.#startBalancers(contestant, servers, folder)
    return site
  }

  #onGone: (reason: string) => void = () => {}

  private constructor(
    workload: ModelWorkload,
    enginePorts: readonly number[],
    workerPorts: readonly number[],
    balancerPorts: readonly number[],
  ) {
    this.failed = new Promise<never>((_, reject) => {
      this.#onGone = (reason) => reject(new Error(reason))
    })
    this.failed.catch(() => {})
    this.balancerPorts = balancerPorts
    this.#engines = enginePorts.map(
      (port, i) => new Service(engineCommand(workload, port, `e${i + 1}`), port, this.#onGone),
    )
    this.#workers = workerPorts.map(
      (port, i) => new Service(workerCommand(port, enginePorts[i] ?? 0), port, this.#onGone),
    )
  }

  /** Ends an engine, after its worker if it has one, and starts it again with an empty cache. */
  async restartEngine(index: number): Promise<void> {
    const back = wait(downSeconds * 1000)
    await this.#workers[index]?.stop()
    await this.#engines[index]?.stop()
    await back
    await this.#engines[index]?.start()
    await this.#workers[index]?.start()
  }

  /** Ends all of it at once. */
  async end(): Promise<void> {
    await Promise.all(this.#balancers.map((balancer) => balancer.end()))
    await Promise.all([...this.#workers, ...this.#engines].map((service) => service.end()))
  }

  async #startBalancers(
    contestant: Contestant,
    workerPorts: readonly number[],
    folder: string,
  ): Promise<void> {
    for (const port of this.balancerPorts) {
      const command = await contestant.balancer({ port, workerPorts, concurrency, folder })
      this.#balancers.push(new Program(command, this.#onGone))
    }
    const serving = Promise.all(this.balancerPorts.map(untilServing))
    await Promise.race([serving, this.failed])
  }
}

function engineCommand(workload: ModelWorkload, port: number, name: string): Command {
  const options = {
    port,
    name,
    'max-tokens': workload.keptTokens,
    'prefill-rate': workload.prefillRate,
    'token-time': workload.tokenTime,
  }
  const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, `${value}`])
  return { name: `engine ${name}`, file: process.execPath, args: [engineFile, ...args] }
}

function workerCommand(port: number, enginePort: number): Command {
  const upstream = ['--upstream', `http://${host}:${enginePort}`]
  const options = ['--concurrency', `${concurrency}`, '-a', `${host}:${port}`]
  const args = [workerFile, ...upstream, ...options]
  return { name: `worker of port ${enginePort}`, file: process.execPath, args }
}
