/** Assigns requests to workers that accept them, and keeps dangerous ones apart. */
import type { Clock } from '@resumelb/common'
import type { PickArgs } from '../pool/pick.ts'
import type { Assignment, Pool } from '../pool/pool.ts'
import type { Worker } from '../workers/worker.ts'
import type { CrashRecovery } from './crash-recovery.ts'
import type { Exchange } from './exchange.ts'

export class Assigner {
  readonly #pool: Pool<Worker>
  readonly #clock: Clock
  readonly #crashes: CrashRecovery

  constructor(pool: Pool<Worker>, clock: Clock, crashes: CrashRecovery) {
    this.#pool = pool
    this.#clock = clock
    this.#crashes = crashes
  }

  /** See `ExchangeOwner.assign`. */
  assign(
    exchange: Exchange,
    avoid: ReadonlySet<Worker> | undefined,
    isUpgrade: boolean,
  ): Assignment<Worker> | undefined {
    if (this.#crashes.isIdle) return this.#assign(exchange.pick, avoid, isUpgrade)
    const dangerous = this.#crashes.avoid(exchange)
    if (dangerous === 'refused') {
      exchange.fail('CLASS_SUSPENDED')
      return undefined
    }
    const all = dangerous && new Set([...dangerous, ...(avoid ?? [])])
    const assignment = this.#assign(exchange.pick, all ?? avoid, isUpgrade)
    if (assignment !== undefined) this.#crashes.assigned(exchange, assignment.worker)
    return assignment
  }

  #assign(
    pick: PickArgs,
    avoid: ReadonlySet<Worker> | undefined,
    isUpgrade: boolean,
  ): Assignment<Worker> | undefined {
    const now = this.#clock.now() / 1000
    let shunned = avoid
    for (;;) {
      const assignment = this.#pool.assign(pick, now, shunned)
      if (assignment === undefined) return undefined
      const { worker } = assignment
      if (worker.isOpen && (!isUpgrade || worker.takesUpgrades)) return assignment
      // It has as many streams as it allows, has just been lost, or takes no upgrades.
      assignment.finish(now, { result: 'refused' })
      shunned = new Set([...(shunned ?? []), worker])
    }
  }
}
