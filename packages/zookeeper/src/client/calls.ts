/** Calls as promises with deadlines, over whatever client is connected. */
import type { Clock } from '@resumelb/common'
import { ZooKeeperError, type ZooKeeperErrorCode } from '../errors.ts'
import type { Connection } from './connection.ts'
import { Exception, type LibraryClient } from './library.ts'

export type Failure = Error | Exception | null | undefined

/** The library's way of answering: it may come at once, or inside a socket handler. */
export type Answer<T> = (error: Failure, result: T) => void

export interface Call<T> {
  /** For messages: what is done to which node. */
  readonly what: string
  /** A read may be sent again after a lost connection; a write may have counted. */
  readonly isRead: boolean
  send(client: LibraryClient, answer: Answer<T>): void
}

/** Calls that may be without an answer at one time. */
export const maxOpenCalls = 20_000

const codes: ReadonlyMap<number, ZooKeeperErrorCode> = new Map([
  [Exception.NO_NODE, 'NO_NODE'],
  [Exception.NODE_EXISTS, 'NODE_EXISTS'],
  [Exception.NOT_EMPTY, 'NOT_EMPTY'],
  [Exception.NO_AUTH, 'NO_AUTH'],
  [Exception.BAD_VERSION, 'BAD_VERSION'],
  [Exception.INVALID_ACL, 'INVALID_ACL'],
  [Exception.NO_CHILDREN_FOR_EPHEMERALS, 'NO_CHILDREN_FOR_EPHEMERALS'],
  [Exception.CONNECTION_LOSS, 'CONNECTION_LOSS'],
  [Exception.SESSION_EXPIRED, 'SESSION_EXPIRED'],
  [Exception.AUTH_FAILED, 'AUTH_FAILED'],
])

/** The codes that a caller's user is likely to meet, in words. */
const words: Partial<Record<ZooKeeperErrorCode, string>> = {
  NO_NODE: 'no such node',
  NODE_EXISTS: 'the node exists already',
  NOT_EMPTY: 'the node has children',
  NO_AUTH: 'not allowed',
  BAD_VERSION: 'it was changed in the meantime',
  INVALID_ACL: 'the access list is not valid, or needs credentials',
  CONNECTION_LOSS: 'the connection was lost before the answer',
  SESSION_EXPIRED: 'the session has expired',
}

interface OpenCall {
  /** Hands the call to the client, if there is one. */
  start(): void
  fail(error: ZooKeeperError): void
  isWaiting: boolean
}

/**
 * Makes calls. One that is made while there is no connection waits for it until its deadline, one
 * session timeout; what has not been sent by then is never sent. One that *was* sent and timed out
 * may still count on the server.
 */
export class Calls {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #open = new Set<OpenCall>()

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  make<T>(call: Call<T>): Promise<T> {
    if (this.#connection.isClosed) return Promise.reject(closedError(call.what))
    if (this.#open.size >= maxOpenCalls) {
      return Promise.reject(
        new ZooKeeperError('TOO_MANY', `${call.what}: ${maxOpenCalls} calls wait for an answer`),
      )
    }
    return new Promise((resolve, reject) => this.#make(call, resolve, reject))
  }

  #make<T>(call: Call<T>, resolve: (result: T) => void, reject: (error: Error) => void): void {
    const { sessionTimeout } = this.#connection
    const settle = (): void => {
      cancel()
      this.#open.delete(open)
    }
    const open: OpenCall = {
      isWaiting: true,
      fail: (error) => {
        settle()
        reject(error)
      },
      start: () => {
        const { client } = this.#connection
        open.isWaiting = client === undefined
        if (client === undefined) return
        this.#send(call, client, open, (result) => {
          settle()
          resolve(result)
        })
      },
    }
    const cancel = this.#clock.after(sessionTimeout, () => {
      const detail = open.isWaiting ? 'no connection' : 'no answer'
      open.fail(new ZooKeeperError('TIMEOUT', `${call.what}: ${detail} for ${sessionTimeout} ms`))
    })
    this.#open.add(open)
    open.start()
  }

  #send<T>(call: Call<T>, client: LibraryClient, open: OpenCall, done: (result: T) => void): void {
    const answer: Answer<T> = (error, result) => {
      // Not inside the library's socket handler, which takes an exception for a protocol error.
      queueMicrotask(() => {
        if (!this.#open.has(open)) return
        if (error === null || error === undefined) return done(result)
        const known = this.#connection.isClosed ? closedError(call.what) : asError(error, call.what)
        if (call.isRead && known.code === 'CONNECTION_LOSS') return open.start()
        open.fail(known)
      })
    }
    try {
      call.send(client, answer)
    } catch (error) {
      if (error instanceof ZooKeeperError) return open.fail(error)
      const reason = error instanceof Error ? error.message : String(error)
      open.fail(new ZooKeeperError('BAD_REQUEST', `${call.what}: ${reason}`, { cause: error }))
    }
  }

  /** Sends what has waited for a connection. */
  connected(): void {
    for (const open of [...this.#open]) if (open.isWaiting) open.start()
  }

  /** Fails what is still without an answer. */
  closed(): void {
    for (const open of [...this.#open]) open.fail(closedError('call'))
  }
}

function asError(error: Error | Exception, what: string): ZooKeeperError {
  const number = 'code' in error && typeof error.code === 'number' ? error.code : 0
  const code = codes.get(number) ?? 'SERVER_ERROR'
  const detail =
    code === 'SERVER_ERROR' ? `the server answered with error ${number}` : (words[code] ?? code)
  return new ZooKeeperError(code, `${what}: ${detail}`, { cause: error })
}

function closedError(what: string): ZooKeeperError {
  return new ZooKeeperError('CLOSED', `${what}: the session is closed`)
}
