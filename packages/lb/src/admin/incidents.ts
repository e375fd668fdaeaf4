/** The last things that have happened to the workers, for people who have just come. */
import type { LoadBalancerEvents } from '../events.ts'
import type { Incident, IncidentKind } from './status-document.ts'

/** Incidents that are kept. */
const maxIncidents = 100

export class Incidents {
  #list: Incident[] = []
  /** All that were ever added. */
  #count = 0
  readonly #stop: () => void

  /** Begins to listen. */
  constructor(events: LoadBalancerEvents) {
    const listeners: (() => void)[] = []
    const listen: LoadBalancerEvents['on'] = (name, listener) => {
      events.on(name, listener)
      listeners.push(() => events.off(name, listener))
      return events
    }
    this.#stop = () => {
      for (const unlisten of listeners) unlisten()
    }
    listen('workerUp', ({ worker, version, classes }) => {
      const what = version === '' ? '' : `, version ${version}`
      this.add('workerUp', worker, `connected${what}, ${classes} classes in its résumé`)
    })
    listen('workerDown', ({ worker, reason }) =>
      this.add('workerDown', worker, `disconnected: ${reason}`),
    )
    listen('workerDraining', ({ worker }) =>
      this.add('workerDraining', worker, 'is draining: it is about to stop'),
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

  /** The newest last. */
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

  add(kind: IncidentKind, worker: string | null, text: string): void {
    this.#count++
    this.#list.push({ time: new Date().toISOString(), kind, worker, text })
    if (this.#list.length > 2 * maxIncidents) this.#list = this.#list.slice(-maxIncidents)
  }

  /** Listens no longer. */
  stop(): void {
    this.#stop()
  }
}
