/**
 * Tells a worker whose event loop is blocked from one whose host is lost: neither answers PINGs.
 *
 *     speaking ──PING unanswered──▶ unresponsive ──▶ the connection ends after its silence timeout,
 *        ▲                               │           unless a probe was accepted and is kept
 *        └──────any byte received────────┘
 *
 * While it is unresponsive, a {@link Probe} asks the kernel of its host. An accepted probe excuses
 * the silence for as long as the kernel keeps it alive. If the worker itself answers probes, twice,
 * and still nothing arrives on the connection, then not the worker is at fault but the connection,
 * for instance because a firewall has forgotten it.
 */
import { type Address, type Clock, isUnixAddress } from '@resumelb/common'
import { type DialledSocket, type DialTls, type Identity, Probe } from '@resumelb/protocol'
import type { Worker, WorkerListener } from './worker.ts'

/** Milliseconds until the next probe after one has failed. */
const probeInterval = 1_000

/** Answered probes without a word on the connection that prove it broken. */
const maxAnswers = 2

export interface SilenceContext {
  readonly identity: Pick<Identity, 'software' | 'id'>
  readonly tls: DialTls | undefined
  readonly clock: Clock
  readonly worker: Worker
  readonly listener: Pick<WorkerListener, 'onUnresponsive'>
}

export class Silence {
  readonly #place: Address
  readonly #tls: DialTls | undefined
  readonly #context: SilenceContext
  #isUnresponsive = false
  #isExcused = false
  #answers = 0
  #probe: Probe | undefined
  #cancel: () => void = () => undefined

  /** Of the worker at the other end of the socket. */
  constructor(socket: DialledSocket, address: Address, context: SilenceContext) {
    const { remoteAddress, remotePort } = socket
    // A name may have another address by now.
    const isTcp = remoteAddress !== undefined && remotePort !== undefined
    this.#place = isTcp ? { host: remoteAddress, port: remotePort } : address
    const name = (!isUnixAddress(address) && address.host) || 'localhost'
    this.#tls = context.tls && { name, ...context.tls }
    this.#context = context
  }

  /** Whether the worker has left a PING unanswered, and has sent nothing since. */
  get isUnresponsive(): boolean {
    return this.#isUnresponsive
  }

  /** What the connection is to call; see `ConnectionHandler`. */
  get handler(): { onUnanswered(isUnanswered: boolean): void; bearsSilence(): boolean } {
    return {
      onUnanswered: (isUnanswered) => (isUnanswered ? this.#begin() : this.#end()),
      bearsSilence: () => this.#isExcused,
    }
  }

  /** The connection has ended. */
  stop(): void {
    this.#cancel()
    this.#probe?.close()
    this.#probe = undefined
  }

  #begin(): void {
    this.#isUnresponsive = true
    this.#answers = 0
    this.#ask()
    this.#tell()
  }

  #end(): void {
    this.stop()
    this.#isUnresponsive = false
    this.#isExcused = false
    this.#tell()
  }

  #tell(): void {
    const { listener, worker } = this.#context
    listener.onUnresponsive(worker, this.#isUnresponsive)
  }

  #ask(): void {
    const { identity, clock } = this.#context
    const events = {
      accepted: () => {
        this.#isExcused = this.#answers < maxAnswers
      },
      answered: () => {
        this.#answers++
        if (this.#answers < maxAnswers) this.#ask()
        else this.#isExcused = false
      },
      failed: (reason: Error) => this.#onFailed(reason),
    }
    this.#probe = new Probe(this.#place, this.#tls, identity, events, clock)
  }

  #onFailed(reason: Error): void {
    // A draining worker listens no longer: that its kernel refuses shows that its host is there.
    const isRefused = (reason as NodeJS.ErrnoException).code === 'ECONNREFUSED'
    this.#isExcused = isRefused && this.#context.worker.isDraining
    this.#cancel = this.#context.clock.after(probeInterval, () => this.#ask())
  }
}
