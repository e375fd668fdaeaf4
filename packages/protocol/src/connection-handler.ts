/** The events of a connection, for its owner. */
import type { Buffer } from 'node:buffer'
import type { ProtocolError } from './errors.ts'
import type { Hello, Load } from './hello.ts'
import type { RequestHead } from './message.ts'
import type { ResumeChanges } from './resume.ts'
import type { Stream } from './stream.ts'
import type { StreamHandler } from './stream-handler.ts'

/** Events of a connection. */
export interface ConnectionHandler {
  /**
   * The peer has said who it is: from now on streams may be opened. Called once, first. Of a long
   * résumé this has the beginning; `moreSkills` skills follow by `onResume`, as changes.
   */
  onHello(hello: Hello): void
  /**
   * At a worker: a request has come, with the first bytes of its body; `isWhole` says that there
   * are no more. Returns the handler of the rest. Those first bytes count in the window: give
   * their number to `consumed` too.
   */
  onRequest?(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
  /** At a balancer or a monitor: the worker's résumé, whole or what changed. */
  onResume?(changes: ResumeChanges, isWhole: boolean): void
  /** At a balancer or a monitor: how busy the worker is, and whether it wants requests. */
  onLoad?(load: Load): void
  /** So many more bytes of bodies wait here to be sent to the peer, or fewer if negative. */
  onQueued?(bytes: number): void
  /**
   * The connection is over, after its streams, whose `onReset` was called. Called once, last. The
   * code is CLOSED if either side closed as it should; otherwise code and message are what a log
   * needs, and `connection.peer` is undefined if the peer never said who it is.
   */
  onClose(reason: ProtocolError): void
}
