/** An upgraded connection: bytes between a client and its worker, in both directions. */
import type { AwakeClock } from '@resumelb/common'
import type { ResetCode, StreamHandler } from '@resumelb/protocol'
import type { UpgradedConnection } from '../http/http-exchange.ts'
import { goingAwayFrame, WebSocketFrames } from '../http/websocket-frames.ts'
import type { WorkerStream } from '../workers/worker.ts'

/** Milliseconds that a client has to close its side after the close frame 1001. */
const goingAwayTime = 2_000

export interface TunnelEvents {
  /** Nothing has moved on the client's connection for as long as was asked for. */
  onTunnelIdle(): void
  /** The worker has given the stream up, or is gone. */
  onTunnelReset(code: ResetCode): void
  /** The client's connection is closed. Called once, last. */
  onTunnelClosed(): void
}

export interface TunnelOptions {
  readonly clock: AwakeClock
  /** Whether the protocol is WebSocket, which has frames to close it. */
  readonly isWebSocket: boolean
  /** Idle timeout of both directions, in milliseconds; 0: none. */
  readonly idleTimeout: number
}

/**
 * Each direction has the window of its stream: bytes for the client are credited when its socket
 * has taken them, and the client is not read while the worker takes nothing.
 */
export class Tunnel implements StreamHandler {
  readonly #client: UpgradedConnection
  readonly #stream: WorkerStream
  readonly #options: TunnelOptions
  readonly #events: TunnelEvents
  readonly #frames: WebSocketFrames | undefined
  #bytesSent = 0
  /** Bytes that the client's socket has not taken. */
  #held = 0
  #isGoingAway = false
  /** The last frame was sent to the client: nothing of the worker may follow. */
  #isClosing = false
  #hasWorkerEnded = false
  #isWorkerGone = false
  #cancelPatience: (() => void) | undefined

  /** `stream` gets this as its handler; nothing moves before {@link begin}. */
  constructor(
    client: UpgradedConnection,
    stream: WorkerStream,
    options: TunnelOptions,
    events: TunnelEvents,
  ) {
    this.#client = client
    this.#stream = stream
    this.#options = options
    this.#events = events
    this.#frames = options.isWebSocket ? new WebSocketFrames() : undefined
  }

  /** Bytes of the worker that were given to the client's socket. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Lets bytes pass. `first` has come with the head of the response. */
  begin(first: Buffer | undefined): void {
    const client = this.#client
    const { clock, idleTimeout } = this.#options
    client.on('data', (chunk: Buffer) => this.#onClientData(chunk))
    client.on('drain', () => this.#onClientDrain())
    client.on('end', () => this.#stream.end())
    // `close` follows.
    client.on('error', () => undefined)
    client.on('close', () => this.#onClientClose())
    client.on('timeout', () => {
      // What has come meanwhile may wait in the socket.
      if (clock.isCatchingUp) client.setTimeout(idleTimeout)
      else this.#events.onTunnelIdle()
    })
    client.setTimeout(idleTimeout)
    if (first !== undefined) this.onData(first)
    client.resume()
  }

  /** Part of {@link StreamHandler}. */
  onData(chunk: Buffer): void {
    if (this.#isClosing) return this.#stream.consumed(chunk.length)
    if (!this.#isGoingAway) {
      this.#frames?.follow(chunk)
      return this.#send(chunk)
    }
    const length = this.#frames?.followToEnd(chunk) ?? 0
    if (length > 0) this.#send(chunk.subarray(0, length))
    this.#stream.consumed(chunk.length - length)
    this.#closeBetweenFrames()
  }

  /** Part of {@link StreamHandler}. */
  onEnd(): void {
    this.#hasWorkerEnded = true
    this.#client.end()
  }

  /** Part of {@link StreamHandler}. */
  onReset(code: ResetCode): void {
    this.#isWorkerGone = true
    this.#events.onTunnelReset(code)
  }

  /** Part of {@link StreamHandler}. */
  onDrain(): void {
    if (!this.#client.destroyed) this.#client.resume()
  }

  /**
   * This load balancer, or the worker, is going away: tells a client that speaks WebSocket so,
   * between two frames, and gives it {@link goingAwayTime} to close. Any other connection is just
   * ended.
   */
  goAway(): void {
    if (this.#isGoingAway || this.#hasWorkerEnded) return
    this.#isGoingAway = true
    this.#cancelPatience = this.#options.clock.after(goingAwayTime, () => this.destroy())
    if (this.#frames === undefined) this.#close()
    else this.#closeBetweenFrames()
  }

  /** Closes the client's connection at once. */
  destroy(): void {
    this.#client.destroy()
  }

  #onClientData(chunk: Buffer): void {
    if (!this.#stream.write(chunk)) this.#client.pause()
  }

  #send(chunk: Buffer): void {
    const { length } = chunk
    this.#bytesSent += length
    if (this.#client.write(chunk) && this.#held === 0) this.#stream.consumed(length)
    else this.#held += length
  }

  #onClientDrain(): void {
    const taken = this.#held
    this.#held = 0
    this.#stream.consumed(taken)
  }

  #onClientClose(): void {
    this.#cancelPatience?.()
    if (!this.#stream.isOver) this.#stream.reset('CANCELLED')
    this.#events.onTunnelClosed()
  }

  #closeBetweenFrames(): void {
    if (this.#frames?.isBetweenFrames !== true) return
    this.#client.write(goingAwayFrame)
    this.#close()
  }

  /** What the client still sends goes to the worker, unless that is gone. */
  #close(): void {
    this.#isClosing = true
    if (this.#frames === undefined || this.#isWorkerGone) this.#client.end()
  }
}
