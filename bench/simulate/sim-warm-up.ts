/**
 * How a simulated worker gets warm: when it starts, by the requests that it has recorded, and for
 * classes that other workers hand over; and how it hands over its own. The choice of requests and
 * classes is the production code's.
 */
import type { HandedClass, HandOver, Resume, SampleRequest } from '@resumelb/protocol'
import type { ResumeKeeper } from '@resumelb/resume'
import { handedClasses } from '../../packages/worker/src/warm-up/handed-classes.ts'
import {
  hottestClasses,
  rareClasses,
  servedClasses,
} from '../../packages/worker/src/warm-up/hottest-classes.ts'
import { Pacing, type PacingContext } from '../../packages/worker/src/warm-up/pacing.ts'
import { Recorder } from '../../packages/worker/src/warm-up/recorder.ts'
import type { Request } from './workload.ts'

/** Classes that a worker warms up at once when it starts, and at most: the defaults. */
const concurrency = 2
const mostClasses = 100

/** The worker that gets warm. */
export interface Owner extends PacingContext {
  readonly keeper: ResumeKeeper
  /** Seconds. */
  now(): number
  /** Runs a request, and calls back when it has ended. */
  run(request: Request, done: () => void): void
  /** The résumé has changed. */
  publish(): void
  /** Tells the load balancers what it offers. */
  offer(classes: readonly HandedClass[]): void
}

export class SimWarmUp {
  readonly #owner: Owner
  readonly #recorder = new Recorder(false)
  readonly #pacing: Pacing
  /** Classes to get warm for, one after the other. */
  readonly #handed: HandedClass[] = []
  #isPreparing = false
  #isWarming = false
  #onReady: () => void = () => undefined
  #onHandedOver: () => void = () => undefined

  constructor(owner: Owner) {
    this.#owner = owner
    this.#pacing = new Pacing(owner)
  }

  /** Whether it is getting warm after a start. */
  get isWarming(): boolean {
    return this.#isWarming
  }

  /** A request was served. `count` is that of its class in the résumé. */
  note(request: Request, count: number): void {
    const { requestClass } = request
    const url = JSON.stringify([request.classIndex, ...request.objects])
    const head = { method: 'GET', url, headers: '', encrypted: false, requestClass }
    const rest = { id: '', remoteAddress: '', remotePort: 0, httpVersion: '1.1' }
    const now = this.#owner.now() * 1000
    this.#recorder.note({ ...head, ...rest }, { status: 200, bytes: 0 }, count, now)
  }

  /**
   * Runs the requests that the process before has recorded, of each class of its résumé, and the
   * last one once more in the end, the hottest class last, as a worker does before it is ready.
   */
  begin(resume: Resume, before: SimWarmUp, onReady: () => void): void {
    const { keeper } = this.#owner
    this.#recorder.load(before.#recorder.save())
    for (const requestClass of rareClasses(resume)) keeper.giveUp(requestClass, this.#owner.now())
    this.#isWarming = true
    this.#warmUp(resume, () => {
      for (const requestClass of resume.keys()) keeper.setWarm(requestClass)
      this.#isWarming = false
      onReady()
      this.#onReady()
    })
  }

  /** Calls back when it has warmed up. */
  whenReady(callback: () => void): void {
    if (this.#isWarming) this.#onReady = callback
    else callback()
  }

  /** Its classes, as it hands them over before it leaves; `done` is called when it has. */
  leave(done: () => void): HandedClass[] {
    this.#handed.length = 0
    this.#onHandedOver = done
    const resume = this.#owner.keeper.resume(this.#owner.now())
    return this.#handedOf(servedClasses(resume, mostClasses), resume)
  }

  /** A load balancer sends a step of a hand-over. */
  onHandOver(message: HandOver): void {
    if (message.step === 'done') this.#onHandedOver()
    else if (message.step === 'ask') {
      this.#owner.offer(
        this.#handedOf(message.classes, this.#owner.keeper.resume(this.#owner.now())),
      )
    } else if (message.step === 'prepare') {
      this.#handed.push(message.handed)
      if (!this.#isPreparing) this.#prepareNext()
    } else if (message.step === 'forget') {
      const { keeper } = this.#owner
      for (const requestClass of message.classes) keeper.giveUp(requestClass, this.#owner.now())
      keeper.publishSoon()
      this.#owner.publish()
    }
  }

  #handedOf(classes: readonly string[], resume: Resume): HandedClass[] {
    return handedClasses(classes, resume, (name) => this.#recorder.requestsOf(name))
  }

  #warmUp(resume: Resume, done: () => void): void {
    const steps = this.#handedOf(hottestClasses(resume, mostClasses), resume).map(requestsOf)
    const touches = steps.map((requests) => requests.slice(-1)).reverse()
    let lanes = Math.min(concurrency, steps.length)
    if (lanes === 0) return done()
    const lane = (): void => {
      const step = steps.shift()
      if (step !== undefined) this.#runAll(step, lane)
      else if (--lanes === 0) this.#runAll(touches.flat(), done)
    }
    for (let i = lanes; i > 0; i--) lane()
  }

  #prepareNext(): void {
    const next = this.#handed.shift()
    this.#isPreparing = next !== undefined
    if (next === undefined) return
    const { requestClass, seconds, requests } = next
    this.#runPaced(requestsOf(next), () => {
      const { keeper } = this.#owner
      this.#recorder.adopt(requestClass, requests)
      keeper.finish(requestClass, seconds, this.#owner.now())
      keeper.setWarm(requestClass)
      keeper.publishSoon()
      this.#owner.publish()
      this.#prepareNext()
    })
  }

  /** Leaves time to clients, as a worker does that has some. */
  #runPaced([first, ...others]: readonly Request[], done: () => void): void {
    if (first === undefined) return done()
    this.#pacing.onceDue(() => {
      const startedAt = this.#owner.clock.now()
      this.#owner.run(first, () => {
        this.#pacing.ended(startedAt)
        this.#runPaced(others, done)
      })
    })
  }

  #runAll(requests: readonly Request[], done: () => void): void {
    const [first, ...others] = requests
    if (first === undefined) done()
    else this.#owner.run(first, () => this.#runAll(others, done))
  }
}

function requestsOf({ requestClass, requests }: HandedClass): Request[] {
  return requests.map(({ url }: SampleRequest) => {
    const [classIndex, ...objects] = JSON.parse(url) as [number, ...number[]]
    return { requestClass, classIndex, objects, noise: 1, sentAt: 0 }
  })
}
