/** The attempts to get a response to one request, from one worker after the other. */
import {
  HeadTooLongError,
  type Report,
  type RequestHead,
  type ResetCode,
  type StreamHandler,
} from '@resumelb/protocol'
import { markUpgraded } from '../pool/assignment.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { Assignment, Outcome, Result } from '../pool/pool.ts'
import type { Worker, WorkerStream } from '../workers/worker.ts'
import type { ExchangeContext } from './exchange-owner.ts'
import { outcomeOf, outcomesOfResets } from './outcome.ts'
import type { RequestBodyRelay } from './request-body-relay.ts'
import type { RequestRecord } from './request-record.ts'
import { judgeRetry, type RetryVerdict } from './retry.ts'

export class Attempts {
  /**
   * When the worker began to owe the response, by the clock of deadlines; `Infinity`: it does not.
   */
  awaitingSince: number = Number.POSITIVE_INFINITY
  readonly #record: RequestRecord
  #head: RequestHead
  readonly #body: RequestBodyRelay | undefined
  readonly #context: ExchangeContext
  #assignment: Assignment<Worker> | undefined
  #stream: WorkerStream | undefined
  #failed: Set<Worker> | undefined
  /** Whether the client speaks TLS, maybe to a trusted proxy. */
  get isEncrypted(): boolean {
    return this.#head.encrypted
  }

  /** Whether a worker that may have begun the request has failed, but not crashed. */
  #wasRepeated = false
  /** Workers that have crashed while they had the request. */
  #crashes = 0

  /** `record` is updated with each attempt. */
  constructor(
    record: RequestRecord,
    head: RequestHead,
    body: RequestBodyRelay | undefined,
    context: ExchangeContext,
  ) {
    this.#record = record
    this.#head = head
    this.#body = body
    this.#context = context
  }

  /** The request was classified, after its body has come. Called before {@link begin}. */
  classified({ requestClass, units, chain }: PickArgs): void {
    this.#head = { ...this.#head, requestClass, units, chain }
  }

  /** The worker that has the request. */
  get worker(): Worker | undefined {
    return this.#assignment?.worker
  }

  /** Workers that have failed this request. */
  get failed(): ReadonlySet<Worker> | undefined {
    return this.#failed
  }

  /** Whether the worker has received all that was given to it. */
  get isSent(): boolean {
    return this.#stream?.queuedBytes === 0
  }

  /**
   * Sends the request to a worker. `asksForWord`: the client waits for 100 (Continue) before it
   * sends the body. False, and the assignment is finished, if the head is too long for any worker.
   */
  begin(assignment: Assignment<Worker>, handler: StreamHandler, asksForWord: boolean): boolean {
    const { worker } = assignment
    const record = this.#record
    this.#assignment = assignment
    record.worker = worker.key
    record.chosen = assignment
    record.assignedAt = this.#context.clock.now()
    record.reset = undefined
    record.attempts++
    this.#head.standing = assignment.standing
    const whole = this.#body?.takeWhole()
    // An upgrade leaves the stream open for what may follow it.
    const isUpgrade = record.http.facts.upgrade !== undefined
    const isWhole = whole !== undefined || (this.#body === undefined && !isUpgrade)
    this.#head.isMovable = isWhole && this.#mayMove
    try {
      this.#stream = worker.request(this.#head, whole, isWhole, handler)
    } catch (error) {
      if (!(error instanceof HeadTooLongError)) throw error
      this.finish('refused')
      return false
    }
    if (isWhole || isUpgrade || asksForWord) this.expectResponse(true)
    if (!isWhole) this.#body?.sendTo(this.#stream)
    return true
  }

  /**
   * Whether the worker may give it back if it has to wait for long: only the first one, so that a
   * retry is left, and only if there are others.
   */
  get #mayMove(): boolean {
    const { workers, options } = this.#context
    const { attempts, pick } = this.#record
    return (
      attempts === 1 && options.maxRetries > 1 && workers.size > 1 && pick.session === undefined
    )
  }

  expectResponse(isOwed: boolean): void {
    this.awaitingSince = isOwed ? this.#context.deadlines.now() : Number.POSITIVE_INFINITY
  }

  /** The worker has begun its response. `now` is in milliseconds of the clock. */
  answered(now: number): void {
    this.awaitingSince = Number.POSITIVE_INFINITY
    this.#assignment?.answered?.(now / 1000)
  }

  /** The worker has refused the upgrade: nothing more is sent to it. */
  endRequest(): void {
    this.#stream?.end()
  }

  /** The worker has granted the upgrade: `create` makes the new handler of its stream. */
  handOver<Handler extends StreamHandler>(create: (stream: WorkerStream) => Handler): Handler {
    const stream = this.#stream as WorkerStream
    const handler = create(stream)
    stream.handle(handler)
    return handler
  }

  /** The worker grants the upgrade. `now` is in milliseconds of the clock. */
  granted(now: number): void {
    this.awaitingSince = Number.POSITIVE_INFINITY
    if (this.#assignment !== undefined) markUpgraded(this.#assignment, now / 1000)
  }

  /** This number of bytes of the response has been sent. */
  consumed(bytes: number): void {
    this.#stream?.consumed(bytes)
  }

  /**
   * The worker has given the request up. It returns the worker, if the request was still its own.
   */
  lost(code: ResetCode): Worker | undefined {
    const worker = this.#assignment?.worker
    this.#stream = undefined
    this.#record.reset = code
    this.awaitingSince = Number.POSITIVE_INFINITY
    this.#finish(outcomesOfResets[code])
    return worker
  }

  /** The stream and the exchange are over. */
  forget(): void {
    this.#stream = undefined
  }

  /** Whether the request that {@link lost} was called for may be sent to another worker. */
  mayRepeat(code: ResetCode, responseBegun: boolean): RetryVerdict {
    const verdict = this.#judge(code, responseBegun, this.#wasRepeated || this.#crashes > 0)
    if (verdict === 'budgeted') this.#wasRepeated = true
    return verdict
  }

  /**
   * Whether the request may be repeated after its worker has crashed. How often, and when, is up to
   * the `CrashRecovery`.
   */
  mayRepeatAfterCrash(responseBegun: boolean): boolean {
    this.#crashes++
    return this.#judge('DISCONNECTED', responseBegun, this.#wasRepeated) !== 'never'
  }

  /** The failure to report after a crash. */
  get crashFailure(): 'WORKER_LOST' | 'WORKER_LOST_TWICE' {
    return this.#crashes > 1 ? 'WORKER_LOST_TWICE' : 'WORKER_LOST'
  }

  #judge(code: ResetCode, responseBegun: boolean, wasRepeated: boolean): RetryVerdict {
    return judgeRetry(
      {
        method: this.#head.method,
        code,
        responseBegun,
        canReplay: this.#body === undefined || this.#body.canReplay,
        retries: this.#record.attempts - 1,
        wasRepeated,
      },
      this.#context.options.maxRetries,
    )
  }

  /** Does not send the request to this worker again. */
  avoid(worker: Worker): void {
    this.#failed ??= new Set()
    this.#failed.add(worker)
  }

  /** Allows all workers again: after waiting, even one that failed deserves another attempt. */
  forgive(): void {
    this.#failed = undefined
  }

  /** Reports the outcome of the attempt to the pool. */
  finish(result: Result, report?: Report): void {
    if (report?.depth !== undefined) this.#record.depth = report.depth
    this.#finish(outcomeOf(result, report))
  }

  #finish(outcome: Outcome): void {
    const assignment = this.#assignment
    this.#assignment = undefined
    assignment?.finish(this.#context.clock.now() / 1000, outcome)
  }

  /** Resets the request at the worker. */
  giveUp(code: ResetCode, result: Result): void {
    this.awaitingSince = Number.POSITIVE_INFINITY
    this.#stream?.reset(code)
    this.#stream = undefined
    this.finish(result)
  }

  /**
   * The worker has answered without waiting for all of the body. Its handler may read on: the
   * worker gets the rest, unless it resets the stream.
   */
  sendRest(body: RequestBodyRelay): void {
    const { clock, options } = this.#context
    const { http } = this.#record
    const giveUp = () => {
      this.#stream?.reset('CANCELLED')
      body.discard()
      http.leaveUnread()
    }
    http.keepReading()
    body.whenCut(http.request.socket, giveUp)
    if (options.clientTimeout > 0) body.whenStalled(clock, options.clientTimeout, giveUp)
  }
}
