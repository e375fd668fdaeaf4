/** One request of a client, from its arrival to the end of its response. */
import type { Linked } from '@resumelb/common'
import { isRefusal, type ResetCode } from '@resumelb/protocol'
import { ReadBody } from '../http/body-view.ts'
import { type FailureName, failures } from '../http/failures.ts'
import type { Worker } from '../workers/worker.ts'
import { respondAsLastHop } from './last-hop.ts'
import { outcomesOfResets, resultOfFailure } from './outcome.ts'
import { maxCollectedLength } from './request-body-relay.ts'
import { WorkerSide } from './worker-side.ts'

export class Exchange extends WorkerSide implements Linked<Exchange> {
  /** Links of the list of exchanges in progress. */
  before: Exchange | undefined
  after: Exchange | undefined
  isChained = false

  /** Starts the exchange. Called once, first. */
  begin(): void {
    const { http } = this
    const { refusal, facts } = http
    const { contentLength } = facts
    http.listen(this)
    if (refusal !== undefined) return this.fail(refusal)
    if (this.requestBody === undefined) http.leaveUnread()
    else this.watchClient()
    if (facts.isForUs) return this.#answerAsLastHop()
    if (this.keepsBody) return this.collectBody()
    const isShort = contentLength > 0 && contentLength <= maxCollectedLength
    if (isShort && !facts.expectsContinue) this.requestBody?.collect()
    else this.dispatch()
  }

  /** Part of {@link Collecting}. */
  onCollectTimeout(): void {
    if (this.state === 'collecting') this.#dispatchPart()
  }

  /** Classifies the request without its body, of which a part has come. */
  #dispatchPart(): void {
    this.requestBody?.hold()
    this.#dispatchCollected(undefined)
  }

  #dispatchCollected(body: Buffer | undefined): void {
    this.owner.collector.classify(this, body && new ReadBody(body))
    this.tries.classified(this.pick)
    this.dispatch()
  }

  /** Sends the request to a worker, or queues it. Returns whether it is not in the queue now. */
  dispatch(): boolean {
    if (!this.owner.admits(this)) return this.#standBack()
    if (this.send() || this.#sendBack()) return true
    const { failed } = this.tries
    const canWait = failed === undefined && !this.isUpgrade
    if (!canWait && this.owner.context.workers.hasReady) {
      this.fail(failed === undefined ? 'UNSUPPORTED_UPGRADE' : this.#failureOfLast)
      return true
    }
    if (this.state !== 'waiting') this.#wait()
    return false
  }

  /** Sends the request to a worker; false if there is none for it now. */
  send(): boolean {
    const assignment = this.owner.assign(this, this.tries.failed, this.isUpgrade)
    if (assignment === undefined) return this.state === 'over'
    this.enter('assigned')
    const isSent = this.tries.begin(assignment, this, this.asksForWord)
    if (!isSent) this.fail('HEADERS_TOO_LARGE')
    return true
  }

  /** If it has come back only because it had to wait, and no other worker can take it. */
  #sendBack(): boolean {
    if (this.tries.failed === undefined || !this.pick.wasGivenBack) return false
    this.tries.forgive()
    return this.send()
  }

  /** Its class has as many requests in progress as it may. */
  #standBack(): boolean {
    if (this.state === 'waiting') return false
    if (this.owner.context.options.classLimitAction === 'wait') {
      this.#wait()
      return false
    }
    this.fail('CLASS_LIMIT')
    return true
  }

  /** The failure to report after the last of all workers has failed. */
  get #failureOfLast(): FailureName {
    return isRefusal(this.reset) ? 'REFUSED' : 'WORKER_LOST'
  }

  /** Ends the exchange without a response from a worker. */
  fail(failure: FailureName): void {
    if (this.state === 'over') return
    if (this.upgraded !== undefined) return this.upgraded.cut(failure)
    this.tries.giveUp(
      failure === 'RESPONSE_TIMEOUT' ? 'TIMEOUT' : 'CANCELLED',
      resultOfFailure(failure),
    )
    this.enter('ended')
    this.failure = failure
    if (this.http.hasBegun) {
      this.requestBody?.discard()
      return this.breakOff(failure)
    }
    this.status = failures[failure].status
    this.response.countOwnBody(this.owner.onFailure(this, failure))
    this.requestBody?.discard()
  }

  /** Part of {@link WorkerSide}. */
  onReset(code: ResetCode): void {
    if (this.state === 'over') {
      this.tries.forget()
      // While its request has not come whole, the client's connection is the application's to
      // close.
      if (code === 'ABORTED' && this.requestBody?.isComing) this.http.breakOff()
      this.requestBody?.discard()
      this.http.leaveUnread()
      return
    }
    const link = this.tries.lost(code)
    if (code === 'ABORTED') return this.#closeForApplication()
    this.requestBody?.hold()
    if (link?.hasCrashed) return this.#onCrash(link)
    if (link !== undefined && this.#mayRetry(code)) {
      this.owner.onRetry(this)
      this.tries.avoid(link)
      if (outcomesOfResets[code].waitedFor) this.pick = { ...this.pick, wasGivenBack: true }
      this.dispatch()
    } else if (code === 'TIMEOUT') this.fail('RESPONSE_TIMEOUT')
    else this.fail(this.#failureOfLast)
  }

  /** Whether it waits to be repeated after a crash of its worker. */
  get isHeld(): boolean {
    return this.state === 'held'
  }

  #onCrash(worker: Worker): void {
    const mayRepeat = this.tries.mayRepeatAfterCrash(this.http.hasBegun)
    const age = this.owner.context.clock.now() - (this.assignedAt ?? 0)
    this.owner.onCrash(this, worker, mayRepeat, age)
    this.tries.avoid(worker)
    if (mayRepeat) this.enter('crashed')
    else this.fail(this.tries.crashFailure)
  }

  onComplete(): void {
    if (this.state === 'collecting') {
      if (this.keepsBody) this.#dispatchCollected(this.requestBody?.collected())
      else this.dispatch()
    } else if (this.state === 'asked') this.tries.expectResponse(true)
  }

  onCollected(bytes: number): void {
    if (!this.keepsBody || this.state !== 'collecting') return
    if (!this.owner.collector.take(this, bytes)) this.#dispatchPart()
  }

  onBlocked(isBlocked: boolean): void {
    if (!isBlocked) this.watchClient()
    if (this.state === 'asked') this.tries.expectResponse(isBlocked)
  }

  onClientClose(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    if (this.state !== 'over') {
      this.enter('ended')
      this.tries.giveUp('CANCELLED', 'abandoned')
      this.requestBody?.discard()
      this.failure = 'CLIENT_DISCONNECTED'
      this.status = failures.CLIENT_DISCONNECTED.status
    }
    this.owner.onEnd(this)
  }

  #wait(): void {
    this.enter('queued')
    this.tries.forgive()
    if (!this.owner.wait(this)) this.fail('QUEUE_FULL')
  }

  #mayRetry(code: ResetCode): boolean {
    const verdict = this.tries.mayRepeat(code, this.http.hasBegun)
    return verdict === 'budgeted' ? this.owner.takeRetry() : verdict === 'safe'
  }

  /** Part of {@link ClientSide}. */
  protected reportTruncated(failure: FailureName): void {
    this.owner.onTruncated(this, failure)
  }

  /** Part of {@link WorkerSide}. */
  onUpgradeEnd(): void {
    this.enter('ended')
    this.hasEnded = true
    this.owner.onEnd(this)
  }

  #answerAsLastHop(): void {
    this.enter('ended')
    this.status = 200
    const { ownFields } = this.owner.context
    this.response.countOwnBody(respondAsLastHop(this.http, ownFields, this.id))
    this.requestBody?.discard()
  }

  /**
   * The application has destroyed the socket of its request: that is no failure, and nothing is
   * repeated.
   */
  #closeForApplication(): void {
    this.enter('ended')
    this.failure = 'CLOSED_BY_APPLICATION'
    if (this.http.hasBegun) this.isTruncated = true
    else this.status = failures.CLOSED_BY_APPLICATION.status
    this.requestBody?.discard()
    this.http.breakOff()
  }
}
