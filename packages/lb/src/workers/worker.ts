/** A worker as the rest of the load balancer sees it, however it is connected. */
import type {
  HandOver,
  Load,
  RequestHead,
  ResetCode,
  StreamEnd,
  StreamHandler,
  WorkerState,
} from '@resumelb/protocol'
import type { WorkerTraits, WorkerUpdate } from '../pool/pool.ts'
import type { ServiceStage } from './link-traits.ts'
import type { LinkFailure } from './trouble.ts'
import type { WorkerShare } from './worker-spec.ts'

/** A request that a worker has; `Stream` of the protocol is one. */
export interface WorkerStream {
  /** Body bytes given to `write` that have not left yet. */
  readonly queuedBytes: number
  /** Whether both directions have ended. */
  readonly isOver: boolean
  /** Sends body bytes; false if no more should be written before the handler's `onDrain`. */
  write(chunk: Buffer): boolean
  /** Says that the body is complete. */
  end(end?: StreamEnd): void
  /** Gives the request up. The handler is not called any more. */
  reset(code: ResetCode): void
  /** Replaces the handler, of a request whose upgrade was granted. */
  handle(handler: StreamHandler): void
  /** Says that so many bytes of the response have been used up, so that as many more may come. */
  consumed(bytes: number): void
}

/** The state of one worker. */
export interface WorkerSnapshot {
  readonly address: string
  /**
   * `connecting`: not connected yet. `waiting`: the last attempt has failed, and the next one is
   * scheduled. `unresponsive`: connected, but it does not answer PINGs. Otherwise the state that the connected worker reports; a worker that is no longer
   * listed is `draining`.
   */
  readonly state: 'connecting' | 'waiting' | 'unresponsive' | WorkerState
  /** Classes that others get warm for until it leaves; absent if it does not leave. */
  readonly handingOver?: number | undefined
  /** Whether it accepts a request now. */
  readonly isReady: boolean
  /** Whether it gets only requests that no other worker can take. */
  readonly isStandby: boolean
  /** How many times as much it is given as a worker of capacity 1. */
  readonly capacity: number
  /** Requests of this load balancer in progress there. */
  readonly backlog: number
  /** Bytes that wait to be sent to it. */
  readonly unsentLength: number
  /** Whether the operator keeps new requests from it; see `LoadBalancer.drainWorker`. */
  readonly isHeld: boolean
  /** When it was connected, in milliseconds of the clock; `undefined` while it is not. */
  readonly connectedAt: number | undefined
  /** Why it could not be reached the last time, or was lost; `undefined` if that never happened. */
  readonly lastFailure: LinkFailure | undefined
  /** How it describes itself; absent until it was first connected. */
  readonly description: string | undefined
  /** The version of the application; empty if it has none, absent until it was first connected. */
  readonly version: string | undefined
  /** The last reported load; absent until it was first connected. */
  readonly load: Load | undefined
  /** The worker has no concurrency limit: that of its load is only assumed. */
  readonly isUnlimited: boolean
}

/** Receives the events of a worker. */
export interface WorkerListener {
  /**
   * An update from a connected worker; with traits and its résumé when it connects, of which
   * `moreSkills` follow in further updates.
   */
  onUpdate(worker: Worker, news: WorkerUpdate, moreSkills?: number): void
  /** A step of a hand-over, or a plan of another load balancer. */
  onHandOver(worker: Worker, message: HandOver): void
  /** The worker has announced that it will stop, is out of service for a time, or serves again. */
  onStage(worker: Worker, stage: ServiceStage): void
  /** The worker does not answer PINGs, or sends again after that: its traits have changed. */
  onUnresponsive(worker: Worker, isUnresponsive: boolean): void
  /** The connection to the worker is lost, for this reason; it is tried again. */
  onLost(worker: Worker, reason: string): void
  /** The connection is closed for good, and the worker is no longer part of the set. */
  onClosed(worker: Worker, reason: string): void
}

export interface Worker {
  /** The worker's address as given: the same after every restart. */
  readonly key: string
  /** The worker's traits for pools; absent while it is not connected. */
  readonly traits: WorkerTraits | undefined
  /** Whether it accepts requests of all kinds. */
  readonly isReady: boolean
  /** Whether {@link request} may be called: it {@link isReady}, or drains and accepts sessions. */
  readonly isOpen: boolean
  /** Whether it takes requests for an upgrade; then its streams can {@link WorkerStream.handle}. */
  readonly takesUpgrades: boolean
  /**
   * Whether its connection has ended because its process has, as far as one can tell: closed without
   * a farewell. Known when the requests in progress are reset as DISCONNECTED.
   */
  readonly hasCrashed: boolean
  /** Whether it has announced that it will stop. */
  readonly isDraining: boolean
  /** Whether it is connected, and gets warm for classes when it is asked to. */
  readonly handsOver: boolean
  /** Its state now; the set knows which workers are held. */
  snapshot(): Omit<WorkerSnapshot, 'isHeld' | 'handingOver'>
  /**
   * Sends a request, with its body if that is here. Only when {@link isOpen}. Throws a
   * `HeadTooLongError` if the head is too long for the worker. The end is reported once: by the
   * handler's `onEnd`, the end that comes with `onResponse`, or `onReset`.
   */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): WorkerStream
  /** Sends a step of a hand-over. Returns false if the worker does not know it. */
  handOver(message: HandOver): boolean
  /** The worker is no longer listed: it finishes the requests that it has, then it is closed. */
  retire(): void
  /**
   * The worker is no longer announced, maybe by mistake: it is used as long as it stays connected.
   */
  release(): void
  /**
   * The worker is listed, still or again after {@link retire} or {@link release}, with this share.
   */
  recall(share: WorkerShare): void
  /** Breaks the connection, and connects again; requests in progress fail with DISCONNECTED. */
  disconnect(): void
  /**
   * Closes it at once; requests in progress fail with DISCONNECTED. Resolves when what it keeps has
   * been saved.
   */
  close(): Promise<void>
}
