/** One contestant at work: its workers and one or more of its balancers. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant } from '../contestants/contestant.ts'
import type { Workload } from '../workload.ts'
import { Fleet } from './fleet.ts'
import { freePorts, untilServing } from './network.ts'
import { Program } from './program.ts'

export class Site {
  readonly fleet: Fleet
  /** Rejects when one of the processes ends by itself. */
  readonly failed: Promise<never>
  readonly #contestant: Contestant
  readonly #workload: Workload
  readonly #folder: string
  readonly #onGone: (reason: string) => void
  readonly #balancers: { readonly port: number; readonly program: Program }[] = []

  /**
   * Starts the workers and a balancer. `folder` is for the balancer's files; `preloaded` tenants
   * are in the workers' caches from the start.
   */
  static async start(
    contestant: Contestant,
    workload: Workload,
    folder: string,
    preloaded: readonly string[] = [],
  ): Promise<Site> {
    let onGone = (_reason: string): void => {}
    const failed = new Promise<never>((_, reject) => {
      onGone = (reason) => reject(new Error(reason))
    })
    failed.catch(() => {})
    const speech = contestant.product === 'resumelb' ? 'resumelb' : 'http'
    const resumes = contestant.warmsUp ? await mkdtemp(join(folder, 'resumes-')) : undefined
    const starting = Fleet.start({ speech, workload, onGone, preloaded, resumes })
    const fleet = await Promise.race([starting, failed])
    const site = new Site(contestant, workload, folder, fleet, failed, onGone)
    await site.addBalancer()
    return site
  }

  private constructor(
    contestant: Contestant,
    workload: Workload,
    folder: string,
    fleet: Fleet,
    failed: Promise<never>,
    onGone: (reason: string) => void,
  ) {
    this.#contestant = contestant
    this.#workload = workload
    this.#folder = folder
    this.#onGone = onGone
    this.fleet = fleet
    this.failed = failed
  }

  get balancerPorts(): number[] {
    return this.#balancers.map(({ port }) => port)
  }

  /** Starts one more balancer before the same workers. */
  async addBalancer(): Promise<void> {
    const [port = 0] = await freePorts(1)
    const { concurrency } = this.#workload
    const setting = { port, concurrency, folder: this.#folder, workerPorts: this.fleet.ports }
    const program = new Program(await this.#contestant.balancer(setting), this.#onGone)
    this.#balancers.push({ port, program })
    await Promise.race([untilServing(port), this.failed])
  }

  /** Ends all of it at once. */
  async end(): Promise<void> {
    await Promise.all(this.#balancers.map(({ program }) => program.end()))
    await this.fleet.end()
  }
}
