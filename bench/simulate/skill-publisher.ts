/** Tells balancers of the skills of a worker: when they are due, and of new classes soon. */
import { NewClassPublisher } from '@resumelb/resume'
import type { BalancerAccounts } from './balancer-accounts.ts'
import type { SimWorker } from './sim-worker.ts'
import type { WorkerSetting } from './worker-setting.ts'

export class SkillPublisher {
  readonly #worker: SimWorker
  readonly #accounts: BalancerAccounts
  readonly #setting: WorkerSetting
  #isPlanned = false
  /** Present if there are several load balancers, which the worker tells of new classes. */
  readonly newClasses: NewClassPublisher | undefined

  constructor(worker: SimWorker, accounts: BalancerAccounts, setting: WorkerSetting) {
    this.#worker = worker
    this.#accounts = accounts
    this.#setting = setting
    const { site, events } = setting
    if (accounts.isMeasured || site.balancers === 1) return
    this.newClasses = new NewClassPublisher(accounts.keeperOf(0), events.clock, (changes) => {
      if (!worker.isGone) setting.publish(worker, changes, undefined)
    })
  }

  publishIfDue(): void {
    const { events, publish } = this.#setting
    if (this.#worker.isGone) return
    const { keepers, isMeasured } = this.#accounts
    const due = keepers.filter((keeper) => keeper.isDue(events.now))
    for (const keeper of due) {
      const balancer = isMeasured ? keepers.indexOf(keeper) : undefined
      publish(this.#worker, keeper.takeChanges(events.now), balancer)
    }
    if (due.length > 0 || this.#isPlanned) return
    this.#isPlanned = true
    events.after(1, () => {
      this.#isPlanned = false
      if (keepers.some((keeper) => keeper.isDue(events.now))) this.publishIfDue()
    })
  }
}
