/** What an exchange is after its upgrade was granted: a tunnel, and what becomes of it. */
import { type ResetCode, type ResponseHead, upgradeOf } from '@resumelb/protocol'
import type { FailureName } from '../http/failures.ts'
import { clientFields } from '../http/response-fields.ts'
import type { Attempts } from './attempts.ts'
import type { ExchangeContext } from './exchange-owner.ts'
import type { RequestRecord } from './request-record.ts'
import { Tunnel, type TunnelEvents } from './tunnel.ts'

export interface UpgradedExchangeEvents {
  /** The worker is lost, or the load balancer closes: the client's connection is cut. */
  onTunnelFailed(failure: FailureName): void
  /** The client's connection is closed. Called once, last. */
  onUpgradeEnd(): void
}

/** How a draining worker ends an upgraded connection: with its own connection, or alone. */
const endsOfDraining: ReadonlySet<ResetCode> = new Set(['DISCONNECTED', 'REFUSED'])

export class UpgradedExchange implements TunnelEvents {
  readonly #record: RequestRecord
  readonly #attempts: Attempts
  readonly #tunnel: Tunnel
  readonly #events: UpgradedExchangeEvents

  private constructor(
    record: RequestRecord,
    attempts: Attempts,
    tunnel: (events: TunnelEvents) => Tunnel,
    events: UpgradedExchangeEvents,
  ) {
    this.#record = record
    this.#attempts = attempts
    this.#events = events
    this.#tunnel = tunnel(this)
  }

  /**
   * Grants what the client asks for, as its worker has, and lets bytes pass. `undefined`, and
   * nothing is sent, if HTTP cannot carry the head. `body` has come with it.
   */
  static begin(
    record: RequestRecord,
    attempts: Attempts,
    context: ExchangeContext,
    events: UpgradedExchangeEvents,
    head: ResponseHead,
    body: Buffer | undefined,
  ): UpgradedExchange | undefined {
    const ownLines = context.sessions?.responseLines(record, attempts.isEncrypted)
    const fields = clientFields(head, context.ownFields, record.id, ownLines)
    const protocol = upgradeOf(head.headers) ?? record.http.facts.upgrade
    if (fields === undefined || protocol === undefined) return undefined
    const { reason } = head
    const client = record.http.acceptUpgrade({ reason, protocol, fields })
    const options = {
      clock: context.deadlines,
      isWebSocket: protocol.toLowerCase() === 'websocket',
      idleTimeout: context.options.tunnelTimeout,
    }
    const upgraded = new UpgradedExchange(
      record,
      attempts,
      (tunnelEvents) =>
        attempts.handOver((stream) => new Tunnel(client, stream, options, tunnelEvents)),
      events,
    )
    upgraded.#tunnel.begin(body)
    return upgraded
  }

  get bytesSent(): number {
    return this.#tunnel.bytesSent
  }

  /** See {@link Tunnel.goAway}. */
  goAway(): void {
    this.#tunnel.goAway()
  }

  /** Cuts the connection of the client. */
  cut(failure: FailureName): void {
    this.#record.failure = failure
    this.#record.isTruncated = true
    this.#events.onTunnelFailed(failure)
    this.#tunnel.destroy()
  }

  /** Part of {@link TunnelEvents}. */
  onTunnelIdle(): void {
    this.#record.failure = 'TUNNEL_TIMEOUT'
    this.#tunnel.destroy()
  }

  /** Part of {@link TunnelEvents}. */
  onTunnelReset(code: ResetCode): void {
    const link = this.#attempts.lost(code)
    const isLeaving = endsOfDraining.has(code) && link?.isDraining === true
    // The application has closed the connection, as it may at any time.
    if (code === 'ABORTED') this.#tunnel.destroy()
    else if (isLeaving) this.#tunnel.goAway()
    else this.cut('WORKER_LOST')
  }

  /** Part of {@link TunnelEvents}. */
  onTunnelClosed(): void {
    // How long a connection lasts, and who ends it, says nothing of the worker.
    this.#attempts.finish('abandoned')
    this.#events.onUpgradeEnd()
  }
}
