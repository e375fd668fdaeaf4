/** The events of a request to a server. */
import type { UpstreamResponseHead } from './response-head.ts'

/**
 * What becomes of a request. The last call is `onRefused`, `onBroken`, or the one with the end of
 * the response, after which only the body of the request may still be in progress.
 */
export interface UpstreamRequestEvents {
  /** The head is on its way. */
  onSent(): void
  /** The server wants the body, if there is one, or has not said so in a second. */
  onBodyWanted(): void
  /** The server takes more of the body. */
  onDrain(): void
  /**
   * The server gets no more of the body, though the response is complete. `isBroken`: it has
   * closed.
   */
  onBodyUnwanted(isBroken: boolean): void
  /** An interim response; 100 only if the request expects it. */
  onInterim(head: UpstreamResponseHead): void
  /** The head of the response, with what came of the body together with it. */
  onResponse(head: UpstreamResponseHead, body: Buffer | undefined): void
  /** A whole response. `trailers` are names and values, in turn. */
  onWholeResponse(
    head: UpstreamResponseHead,
    body: Buffer | undefined,
    trailers: readonly string[],
  ): void
  onBody(piece: Buffer): void
  /** The response is complete. `last`: its last bytes, if they came with the end. */
  onEnd(last: Buffer | undefined, trailers: readonly string[]): void
  /** There is no connection: nothing was sent. */
  onRefused(reason: unknown): void
  /** There is no response, or not all of one. */
  onBroken(error: Error): void
}
