/** Values that are kept up to date: read again whenever they may have changed. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '@resumelb/common'
import { ZooKeeperError } from './errors.ts'
import type { Seen } from './nodes.ts'
import { Reconciler } from './reconciler.ts'

/** Something that is kept up to date. */
export interface Watch<T> {
  /** The latest value; `undefined` before the first. */
  readonly value: T | undefined
  /** Resolves with the first value. Rejects if the watch is stopped before. */
  first(): Promise<T>
  stop(): void
}

/** What a watch needs of its session. */
export interface WatchContext {
  readonly clock: Clock
  readonly isConnected: () => boolean
  readonly sessionTimeout: () => number
  readonly warn: (error: Error) => void
  /** This function is no longer waited with. */
  readonly forget: (seen: Seen) => void
  /** The watch is over. */
  readonly ended: () => void
}

/** Least milliseconds between two reads without a reason. */
const shortestPoll = 5000

/**
 * Reads a value, with watches on all that it depends on, and tells when it is another one. Without
 * a connection it keeps what it knows, for as long as that lasts.
 */
export class LiveValue<T> implements Watch<T> {
  readonly #read: (seen: Seen) => Promise<T>
  readonly #changed: (value: T) => void
  readonly #context: WatchContext
  readonly #pursuit: Reconciler
  #latest: { readonly value: T } | undefined
  #cancelPoll = (): void => undefined
  readonly #first: Promise<T>
  #resolveFirst: (value: T) => void = () => undefined
  #rejectFirst: (error: Error) => void = () => undefined

  constructor(
    read: (seen: Seen) => Promise<T>,
    changed: (value: T) => void,
    context: WatchContext,
  ) {
    this.#read = read
    this.#changed = changed
    this.#context = context
    this.#first = new Promise((resolve, reject) => {
      this.#resolveFirst = resolve
      this.#rejectFirst = reject
    })
    // Only callers of `first` need to know that there will be no value.
    this.#first.catch(() => undefined)
    this.#pursuit = new Reconciler(() => this.#look(), {
      mayRun: context.isConnected,
      longestPause: context.sessionTimeout,
      warn: context.warn,
      clock: context.clock,
    })
    this.wake()
    this.#poll()
  }

  get value(): T | undefined {
    return this.#latest?.value
  }

  first(): Promise<T> {
    return this.#first
  }

  /** Something may have changed: connection, session or nodes. */
  wake(): void {
    this.#pursuit.wake()
  }

  stop(): void {
    this.#pursuit.stop()
    this.#cancelPoll()
    this.#context.forget(this.#pursuit.wake)
    this.#rejectFirst(new ZooKeeperError('CLOSED', 'the watch was stopped before its first value'))
    this.#context.ended()
  }

  async #look(): Promise<void> {
    const value = await this.#read(this.#pursuit.wake)
    if (this.#pursuit.isStopped) return
    if (this.#latest !== undefined && isDeepStrictEqual(this.#latest.value, value)) return
    this.#latest = { value }
    this.#resolveFirst(value)
    try {
      this.#changed(value)
    } catch (error) {
      this.#context.warn(new Error('a watch callback threw an error', { cause: error }))
    }
  }

  /** Polls for changes without an event, such as data written to an existing child. */
  #poll(): void {
    const delay = Math.max(shortestPoll, 3 * this.#context.sessionTimeout())
    this.#cancelPoll = this.#context.clock.after(delay, () => {
      this.wake()
      this.#poll()
    })
  }
}
