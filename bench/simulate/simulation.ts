/** One run: a scenario, a policy, a seed. The same three give the same result, always. */
import { Balancer } from './balancer.ts'
import { EventQueue } from './event-queue.ts'
import { Metrics, type Result } from './metrics.ts'
import type { Policy } from './policies.ts'
import { Random } from './random.ts'
import type { Incident, Neighbour, Scenario, Site } from './scenario.ts'
import { SimWorker } from './sim-worker.ts'
import type { WorkerSetting } from './worker-setting.ts'
import { type Request, Workload } from './workload.ts'

/** The part of an open loop's load that comes at the start. */
const firstLoad = 0.2

/** When the pools tick first, in seconds: not at the full seconds at which incidents happen. */
const firstTick = 0.5

/** Seconds that a worker takes at most to hand its classes over: the default of --handover. */
const handOverTime = 10

export function simulate(scenario: Scenario, policy: Policy, seed: number): Result {
  return new Simulation(scenario, policy, seed).run()
}

class Simulation {
  readonly #scenario: Scenario
  readonly #site: Site
  readonly #policy: Policy
  readonly #random: Random
  readonly #events = new EventQueue()
  readonly #metrics: Metrics
  readonly #workload: Workload
  readonly #setting: WorkerSetting
  readonly #workers: SimWorker[] = []
  readonly #balancers: Balancer[] = []
  /** Where the next request goes: clients choose a balancer by chance. */
  readonly #clientRandom: Random

  constructor(scenario: Scenario, policy: Policy, seed: number) {
    this.#scenario = scenario
    this.#policy = policy
    this.#site = policy.adaptSite?.(scenario.site) ?? scenario.site
    this.#random = new Random(`${seed}`)
    this.#clientRandom = this.#random.split('clients')
    this.#metrics = new Metrics(scenario, this.#events)
    this.#workload = new Workload(this.#site, this.#random)
    this.#setting = {
      site: this.#site,
      events: this.#events,
      recorder: this.#metrics,
      publish: (worker, changes, only) => {
        for (const [i, balancer] of this.#balancers.entries()) {
          if (only !== undefined && only !== i) continue
          balancer.hear(worker, { changes, others: worker.othersThan(i) })
        }
      },
      onOffer: (worker, classes) => {
        for (const balancer of this.#balancers) balancer.hearOffer(worker, classes)
      },
      onPlan: (worker, planned) => {
        for (const balancer of this.#balancers.slice(1)) balancer.hear(worker, { planned })
      },
      onReady: (worker) => {
        for (const balancer of this.#balancers) balancer.hear(worker, { traits: worker.traits })
      },
    }
  }

  run(): Result {
    for (let i = 0; i < this.#site.balancers; i++) this.#balancers.push(this.#newBalancer(i))
    for (let i = 0; i < this.#site.workers; i++) this.#join()
    for (const incident of this.#scenario.incidents) {
      this.#events.at(incident.at, () => this.#befall(incident))
    }
    this.#startClients()
    this.#startNeighbour()
    this.#events.after(firstTick, () => this.#tick())
    this.#events.runUntil(this.#scenario.warmUp + this.#scenario.measured)
    return this.#metrics.result()
  }

  #tick(): void {
    for (const balancer of this.#balancers) balancer.tick()
    this.#events.after(1, () => this.#tick())
  }

  #newBalancer(number: number): Balancer {
    const random = this.#random.split(`balancer ${number}`)
    const chooser = this.#policy.create(this.#site, () => random.next(), this.#workload)
    return new Balancer(number, this.#site.delay, this.#events, chooser)
  }

  #join(): void {
    const worker = new SimWorker(this.#workers.length, this.#setting)
    this.#workers.push(worker)
    this.#introduce(worker)
  }

  #introduce(worker: SimWorker): void {
    for (const [i, balancer] of this.#balancers.entries()) this.#connect(worker, i, balancer)
  }

  #connect(worker: SimWorker, number: number, balancer: Balancer): void {
    const { traits, resume } = worker
    balancer.hear(worker, { traits, resume, others: worker.othersThan(number) })
    // The first one has the least id.
    if (number > 0 && this.#site.measuredBy === 'workers') balancer.hearLeader(worker)
  }

  #startClients(): void {
    const { load } = this.#scenario
    if (load.kind === 'closed') {
      for (let user = 0; user < load.users; user++) this.#events.after(0, () => this.#useAgain())
      return
    }
    const random = this.#random.split('arrivals')
    const meanGap = this.#workload.meanWarmSeconds / (load.load * this.#capacity())
    const arriveAfterGap = (): void => {
      const gap = random.exponential(meanGap) / this.#rampUp()
      this.#events.after(gap, () => {
        this.#send(() => undefined)
        arriveAfterGap()
      })
    }
    arriveAfterGap()
  }

  /** One after the other: a tenant's users do not all come at once. */
  #startNeighbour(): void {
    const { neighbour } = this.#scenario
    if (neighbour === undefined) return
    const { open, tenants = 1, from = 0 } = neighbour
    const gap = this.#scenario.warmUp / 2 / open
    for (let user = 0; user < open; user++) {
      this.#events.after(from + user * gap, () => {
        for (let tenant = 0; tenant < tenants; tenant++) this.#sendNeighbour(neighbour, tenant)
      })
    }
  }

  #sendNeighbour(neighbour: Neighbour, tenant: number): void {
    const request = this.#workload.ofNeighbour(neighbour, tenant, this.#events.now)
    this.#anyBalancer().handle(request, () => this.#sendNeighbour(neighbour, tenant))
  }

  #anyBalancer(): Balancer {
    return this.#balancers[this.#clientRandom.integer(this.#balancers.length)]!
  }

  /** The part of the load that has come so far: cold caches should not leave a queue for later. */
  #rampUp(): number {
    const rampSeconds = this.#scenario.warmUp / 2
    if (this.#events.now >= rampSeconds) return 1
    return firstLoad + (1 - firstLoad) * (this.#events.now / rampSeconds)
  }

  /** Seconds of warm service that the workers of the start can give per second. */
  #capacity(): number {
    const { workers, slots, speeds, handlers } = this.#site
    let speed = 0
    for (let i = 0; i < workers; i++) speed += speeds[i % speeds.length]!
    return handlers === 'asynchronous' ? speed : speed * slots
  }

  #useAgain(): void {
    this.#send(() => this.#useAgain())
  }

  #send(done: () => void): void {
    const request = this.#workload.next(this.#events.now)
    const balancer = this.#anyBalancer()
    this.#metrics.sent(request)
    balancer.handle(request, () => this.#answered(request, done))
  }

  #answered(request: Request, done: () => void): void {
    this.#metrics.answered(request)
    done()
  }

  #befall(incident: Incident): void {
    switch (incident.kind) {
      case 'restart':
        for (const i of incident.workers) this.#restart(i, incident.downFor, incident.keepsResume)
        break
      case 'rolling restart':
        this.#restartNext(incident, incident.workers)
        break
      case 'kill':
        for (const i of incident.workers) {
          const worker = this.#workers[i]!
          this.#replace(worker, incident.downFor, false)
          worker.kill()
        }
        break
      case 'join':
        for (let i = 0; i < incident.workers; i++) this.#join()
        break
      case 'speed':
        for (const i of incident.workers) this.#workers[i]!.speed *= incident.factor
        break
      case 'fail':
        for (const i of incident.workers) this.#fail(this.#workers[i]!, incident.seconds)
        break
      case 'hang':
        for (const i of incident.workers) this.#workers[i]!.hang(incident.seconds)
        break
      case 'balancer restart':
        this.#restartBalancer(incident.balancer)
        break
      case 'shuffle':
        this.#workload.shuffle(this.#random.split(`shuffle ${incident.at}`))
        break
      case 'drift':
        this.#workload.drift(incident.swaps, this.#random.split(`drift ${incident.at}`))
        break
    }
  }

  #restartNext(
    incident: Incident & { kind: 'rolling restart' },
    [index, ...others]: readonly number[],
  ): void {
    if (index === undefined) return
    const { downFor, keepsResume, every } = incident
    const earliest = this.#events.now + every
    this.#restart(index, downFor, keepsResume, () =>
      this.#events.at(earliest, () => this.#restartNext(incident, others)),
    )
  }

  /**
   * The process that goes hands its classes over, if it knows how, and finishes what it has; then
   * another one takes its place.
   */
  #restart(index: number, downFor: number, keepsResume: boolean, onReady = () => {}): void {
    const worker = this.#workers[index]!
    let isLeaving = true
    const go = () => {
      if (!isLeaving) return
      isLeaving = false
      this.#replace(worker, downFor, keepsResume, onReady)
    }
    if (!worker.handsOver) return go()
    const classes = worker.warmUp.leave(go)
    for (const [i, balancer] of this.#balancers.entries()) {
      balancer.hearLeaving(worker, { step: 'leaving', plans: i === 0, goesOn: false, classes })
    }
    this.#events.after(handOverTime, go)
  }

  #replace(worker: SimWorker, downFor: number, keepsResume: boolean, onReady = () => {}): void {
    for (const balancer of this.#balancers) balancer.lose(worker)
    this.#events.after(downFor, () => {
      const successor = new SimWorker(worker.index, this.#setting, keepsResume ? worker : undefined)
      this.#workers[worker.index] = successor
      successor.warmUp.whenReady(onReady)
      this.#introduce(successor)
    })
  }

  #fail(worker: SimWorker, seconds: number): void {
    worker.isFailing = true
    this.#events.after(seconds, () => {
      worker.isFailing = false
    })
  }

  #restartBalancer(number: number): void {
    this.#balancers[number]?.leave()
    const balancer = this.#newBalancer(number)
    this.#balancers[number] = balancer
    for (const worker of this.#workers) this.#connect(worker, number, balancer)
  }
}
