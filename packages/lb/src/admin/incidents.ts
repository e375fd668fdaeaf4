/** The last things that have happened to the workers. */
import type { LoadBalancerEvents } from '../events.ts'
import type { Incident, IncidentKind } from './status-document.ts'
import { Subscription } from './subscription.ts'

/** Incidents that are kept. */
const maxIncidents = 200

export class Incidents {
  #list: readonly Incident[] = []
  /** All that were ever added. */
  #count = 0
  readonly #subscription: Subscription

  /** Begins to listen. */
  constructor(events: LoadBalancerEvents) {
    this.#subscription = new Subscription(events)
    const listen = this.#subscription.on
    listen('workerUp', ({ worker, version, classes }) => {
      const what = version === '' ? '' : `, version ${version}`
      this.add('workerUp', worker, `connected${what}, ${classes} classes in its résumé`)
    })
    listen('workerDown', ({ worker, reason }) =>
      this.add('workerDown', worker, `disconnected: ${reason}`),
    )
    listen('classCrashes', ({ worker, requestClass }) =>
      this.add(
        'classCrashes',
        worker,
        `crashed, as others, by requests of the class ${requestClass}`,
      ),
    )
    listen('workerUnresponsive', ({ worker, requests }) =>
      this.add('workerUnresponsive', worker, `does not answer; it keeps its ${requests} requests`),
    )
    listen('workerResponsive', ({ worker, seconds }) =>
      this.add('workerResponsive', worker, `answers again after ${seconds.toFixed(1)} s`),
    )
    listen('workerDraining', ({ worker }) =>
      this.add('workerDraining', worker, 'is draining: it is about to stop'),
    )
    listen('maintenanceBegan', ({ worker }) =>
      this.add('maintenanceBegan', worker, 'is in maintenance: it gets nothing new for a time'),
    )
    listen('maintenanceEnded', ({ worker }) =>
      this.add('maintenanceEnded', worker, 'gets requests again after its maintenance'),
    )
    listen('workerEjected', ({ worker, seconds }) =>
      this.add('workerEjected', worker, `ejected for ${seconds} s after consecutive failures`),
    )
    listen('workerRecovered', ({ worker }) =>
      this.add('workerRecovered', worker, 'its ejection has ended'),
    )
    listen('versionChanged', ({ version }) =>
      this.add('versionChanged', null, `requests now go to version ${version}`),
    )
    listen('noWorker', ({ waiting }) =>
      this.add('noWorker', null, `no worker is connected; ${waiting} requests are waiting`),
    )
  }

  /** The newest last. The list does not change; there is another after each incident. */
  get list(): readonly Incident[] {
    return this.#list
  }

  /** All that were ever added, those included that are forgotten. */
  get count(): number {
    return this.#count
  }

  /** Those that were added after {@link count} was so much, as far as they are kept. */
  since(count: number): readonly Incident[] {
    const added = this.#count - count
    return added <= 0 ? [] : this.#list.slice(-added)
  }

  /** Something happens now. */
  add(kind: IncidentKind, worker: string | null, text: string): void {
    this.append({ time: new Date().toISOString(), kind, worker, text })
  }

  append(incident: Incident): void {
    this.#count++
    this.#list = [...this.#list, incident].slice(-maxIncidents)
  }

  /** Listens no longer. */
  stop(): void {
    this.#subscription.end()
  }
}
