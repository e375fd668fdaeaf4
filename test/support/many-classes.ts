/** A load balancer that is none: as many workers and classes as wanted, without a request. */
import { EventEmitter } from 'node:events'
import type { AdminSource, EndedRequest, Explanation, LoadBalancerEvents } from '@resumelb/lb'

/** A name that must not become part of a document. */
export const hostile = '<script>document.title = "taken"</script><img src=x onerror=alert(1)>'

export class ManyClasses implements AdminSource {
  readonly events: LoadBalancerEvents = new EventEmitter() as LoadBalancerEvents
  readonly id = 'many'
  readonly isDraining = false
  readonly backlog = 3
  readonly waiting = 0
  readonly waitingForClass = 0
  readonly requests: AdminSource['requests'] = []
  readonly settings: AdminSource['settings'] = {}
  readonly workers: AdminSource['workers']
  readonly #classes: readonly string[]
  #round = 0

  constructor(workers: number, classes: number) {
    this.workers = Array.from({ length: workers }, (_, index) => ({
      address: `10.0.${Math.floor(index / 100)}.${index % 100}:8000`,
      state: 'ready',
      isReady: true,
      backlog: index % 4,
      unsentLength: 0,
      isHeld: false,
      isStandby: false,
      capacity: 1,
      connectedAt: 0,
      lastFailure: undefined,
      isUnlimited: false,
      description: index === 0 ? hostile : `application ${index}`,
      version: '',
      load: { state: 'ready', concurrency: 4, requests: index % 4, eventLoopDelay: 1 },
    }))
    this.#classes = Array.from({ length: classes }, (_, index) =>
      index === 0 ? hostile : `tenant-${String(index).padStart(5, '0')}.example`,
    )
  }

  /** A request of each class ends, and two hundred more of the one with the hostile name. */
  serveAll(): void {
    this.#round++
    const now = performance.now()
    for (const [index, requestClass] of this.#classes.entries()) {
      const worker = this.workers[index % this.workers.length]?.address ?? ''
      for (let i = 0; i < (index === 0 ? 200 : 1); i++) {
        this.events.emit('requestEnded', endedOf(requestClass, worker, now))
      }
    }
  }

  classify(): { requestClass: string } {
    return { requestClass: hostile }
  }

  readsBody(): boolean {
    return false
  }

  /** Three workers are skilled at each class, and others each time. */
  explain({ requestClass }: { requestClass: string }): Explanation<string> {
    const number = Number(/\d+/.exec(requestClass)?.[0] ?? 0)
    const candidates = [0, 7, 31].map((offset, place) => {
      const index = (number + offset * (1 + (this.#round % 3))) % this.workers.length
      const skill = { seconds: 0.01 * (place + 1), count: 30 - 9 * place, rate: 3 - place }
      const { address: worker = '', backlog = 0 } = this.workers[index] ?? {}
      const role = place === 0 ? ('home' as const) : ('spill' as const)
      return { worker, role, backlog, skill, wait: 0, service: skill.seconds, cost: skill.seconds }
    })
    return { chosen: candidates[0]?.worker, candidates }
  }

  updateSettings(): void {
    // There are none.
  }

  addWorker(): void {
    // Its workers are invented.
  }

  removeWorker(): boolean {
    return false
  }

  drainWorker(): boolean {
    return true
  }

  readyWorker(): boolean {
    return true
  }
}

function endedOf(requestClass: string, worker: string, now: number): EndedRequest {
  const request = { method: 'GET', url: '/', httpVersion: '1.1', headers: {}, rawHeaders: [] }
  return {
    ...{ request, requestClass, worker, status: 200, outcome: 'served', reason: undefined },
    ...{ startedAt: now - 10, assignedAt: now - 10, answeredAt: now - 1, endedAt: now },
    ...{ bytesSent: 1, bytesReceived: 0, isWarm: true, regret: 0, choice: 'home', attempts: 1 },
  } as unknown as EndedRequest
}
