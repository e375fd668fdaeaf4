/** The events of a connection, for its owner. */
import type { Buffer } from 'node:buffer'
import type { Link } from './chain.ts'
import type { ProtocolError } from './errors.ts'
import type { HandOver } from './hand-over.ts'
import type { Hello, Load } from './hello.ts'
import type { RequestHead } from './message.ts'
import type { ResumeChanges } from './resume.ts'
import type { Stream } from './stream.ts'
import type { StreamHandler } from './stream-handler.ts'
import type { WarmthChanges } from './warmth.ts'

/** Events of a connection. */
export interface ConnectionHandler {
  /**
   * The HELLO of the peer has arrived, and streams may be opened. Called once, first. If the résumé
   * is long, this has a part of it; `moreSkills` skills follow in `onResume`, as changes.
   */
  onHello(hello: Hello): void
  /**
   * At a worker: a request has arrived, with the first bytes of its body; `isWhole` means that
   * there are no more. Returns the handler for the rest. These first bytes count in the window:
   * report their number to `consumed`, too.
   */
  onRequest?(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
  /** At a balancer or a monitor: the worker's résumé, whole or what changed. */
  onResume?(changes: ResumeChanges, isWhole: boolean): void
  /** At a balancer or a monitor: the worker's load. */
  onLoad?(load: Load): void
  /** The peer has not answered a PING (true); or, after that, it has sent something (false). */
  onUnanswered?(isUnanswered: boolean): void
  /**
   * Whether to keep the connection although nothing has arrived for `silenceTimeout`, because the
   * peer is known to be alive. Without this method, such a connection ends.
   */
  bearsSilence?(): boolean
  /** A step of a hand-over that the other end may send. */
  onHandOver?(message: HandOver): void
  /** At a balancer: what the worker is warm for, or what has changed of that. */
  onWarmth?(changes: WarmthChanges): void
  /**
   * At a worker: returns all links that are warm now, to be sent in place of more changes than may
   * wait for the peer.
   */
  warmLinks?(): readonly Link[]
  /** The number of body bytes that wait to be sent to the peer has changed by this much. */
  onQueued?(bytes: number): void
  /**
   * The connection has ended, and `onReset` was called for its streams. Called once, last. The code
   * is CLOSED for an orderly end; otherwise code and message are for the log. `connection.peer` is
   * undefined if no HELLO has arrived.
   */
  onClose(reason: ProtocolError): void
}
