/** One class to warm up. */
import type { Clock, Logger } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'

export interface WarmUpStep {
  readonly requestClass: RequestClass
  /** Rejects if that fails. Gives up when the signal is aborted. */
  warm(signal: AbortSignal): Promise<void>
  /** Uses what {@link warm} has loaded, as a request of the class does; likewise. */
  touch?(signal: AbortSignal): Promise<void>
}

/** Where a step runs. */
export interface StepContext {
  readonly log: Logger
  readonly clock: Clock
  /** Milliseconds after which it is given up. */
  readonly timeout: number
  /** Aborts it. */
  readonly signal: AbortSignal
}

/** Resolves with whether the class is warm; never rejects. A failure is logged. */
export async function runStep(
  { requestClass, warm }: Pick<WarmUpStep, 'requestClass' | 'warm'>,
  { log, clock, timeout, signal }: StepContext,
): Promise<boolean> {
  const own = new AbortController()
  const giveUp = () => own.abort()
  signal.addEventListener('abort', giveUp)
  const cancel = clock.after(timeout, giveUp)
  try {
    await untilAborted(warm(own.signal), own.signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    const reason = own.signal.aborted ? `not warm after ${timeout / 1000} s` : String(error)
    log.warn({ requestClass, reason }, 'a class could not be warmed up')
    return false
  } finally {
    cancel()
    signal.removeEventListener('abort', giveUp)
  }
}

/** As the promise, but rejects when the signal is aborted, even if the promise never settles. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    promise.then(resolve, reject)
  })
}
