/** Requests the résumé of a worker, which is in its HELLO. */
import { type Address, awaitedClock, formatAddress, parseAddress } from '@resumelb/common'
import {
  Connection,
  type DialTls,
  dial,
  type Hello,
  type Load,
  ProtocolError,
  type RequestClass,
  type Resume,
  type ResumeChanges,
  type Skill,
  type WarmthSummary,
  type WorkerHello,
} from '@resumelb/protocol'
import { software } from './software.ts'

/** What a worker reports about itself. */
export interface WorkerFacts {
  /** How the worker describes itself. */
  readonly description: string
  /** The version of its application; empty if it has none. */
  readonly version: string
  /** Name and version of the program: `resumelb-worker/0.1.0`. */
  readonly software: string
  /** How busy it is. */
  readonly load: Load
  /** Whether it gets requests only if no other worker can take them. */
  readonly isStandby: boolean
  /** How many times as much it is given as a worker of capacity 1. */
  readonly capacity: number
  /** It has no concurrency limit: the concurrency of its load is what load balancers assume. */
  readonly isUnlimited: boolean
  /** Connected load balancers; undefined if the worker is of an older release. */
  readonly balancers: number | undefined
  /** How much it is warm for; undefined if it has served no requests with a chain. */
  readonly warmth: WarmthSummary | undefined
  /** Its skills, by class. */
  readonly resume: Resume
}

/** Milliseconds to wait for a worker's answer. */
export const defaultResumeTimeout = 5_000

/**
 * Reads a worker's résumé within `timeout` milliseconds. Rejects with a {@link ProtocolError} if
 * the worker cannot be reached, does not answer, or is no worker.
 */
export async function getResume(
  place: string | Address,
  timeout: number = defaultResumeTimeout,
  tls?: DialTls,
): Promise<WorkerFacts> {
  const address = typeof place === 'string' ? parseAddress(place) : place
  // Unlike those of connections, these timers keep the process alive: the caller waits for the
  // answer.
  const clock = awaitedClock
  const deadline = clock.now() + timeout
  const socket = await dial(address, timeout, { tls })
  return new Promise((resolve, reject) => {
    const left = Math.max(10, Math.ceil(deadline - clock.now()))
    const reading = new Reading()
    const cancel = clock.after(left, () => {
      reject(withAddress(reading.timeout(timeout), address))
      connection.destroy()
    })
    const connection = new Connection(
      socket,
      { role: 'monitor', software, id: `monitor-${process.pid}` },
      {
        onHello: (hello) => {
          reading.begin(hello)
          if (reading.isWhole) connection.close()
        },
        onResume: (changes) => {
          reading.goOn(changes)
          if (reading.isWhole) connection.close()
        },
        onClose: (reason) => {
          cancel()
          if (reading.isWhole) resolve(reading.facts)
          else reject(withAddress(reason, address))
        },
      },
      { helloTimeout: left },
    )
  })
}

/** Assembles a résumé that arrives in pieces. */
class Reading {
  #hello: Hello | undefined
  readonly #resume: Map<RequestClass, Skill> = new Map()
  /** Number of skills that have not arrived. */
  #left = 0

  begin(hello: Hello): void {
    this.#hello = hello
    this.#add(hello.worker?.resume ?? new Map())
    this.#left = hello.moreSkills ?? 0
  }

  /** The announced skills come first; later changes follow. */
  goOn(changes: ResumeChanges): void {
    this.#left -= changes.size
    this.#add(changes)
  }

  get isWhole(): boolean {
    return this.#hello?.worker !== undefined && this.#left <= 0
  }

  /** Only if it is complete. */
  get facts(): WorkerFacts {
    const { worker, software: program } = this.#hello as Hello
    const { description, version, load, standby, capacity = 1 } = worker as WorkerHello
    const { balancers, unlimited, warmth } = worker as WorkerHello
    const share = { isStandby: standby === true, capacity, isUnlimited: unlimited === true }
    const said = { description, version, load, ...share, balancers, warmth }
    return { ...said, resume: this.#resume, software: program }
  }

  /** What is missing after that many milliseconds. */
  timeout(duration: number): ProtocolError {
    return this.#hello === undefined
      ? new ProtocolError('HELLO_TIMEOUT', `no HELLO in ${duration} ms`)
      : new ProtocolError('SILENCE_TIMEOUT', `incomplete after ${duration} ms`)
  }

  #add(changes: ResumeChanges): void {
    for (const [requestClass, skill] of changes) {
      if (skill) this.#resume.set(requestClass, skill)
      else this.#resume.delete(requestClass)
    }
  }
}

function withAddress(reason: ProtocolError, address: Address): ProtocolError {
  const message = `${formatAddress(address)} gave no résumé: ${reason.message}`
  return new ProtocolError(reason.code, message, { cause: reason })
}
