/** Asks an HTTP server at intervals whether it is healthy. */
import { RiseAndFall } from '@resumelb/common'
import { reasonOf, UpstreamRequest, type UpstreamServer } from '@resumelb/upstream'
import type { ResolvedUpstreamOptions } from './options.ts'

/** What a health check needs. */
export interface HealthCheckContext {
  readonly server: UpstreamServer
  /** The value of the Host field. */
  readonly host: string
  /** The path to ask for. */
  readonly path: string
  readonly options: ResolvedUpstreamOptions
  /**
   * Called when the health changes, and first after the first check; with the reason if it failed.
   */
  readonly onChange: (isHealthy: boolean, reason: string) => void
}

export class HealthCheck {
  readonly #context: HealthCheckContext
  readonly #health: RiseAndFall
  #isStopped = false
  /** The last check, whose response may not be complete although its status is known. */
  #check: UpstreamRequest | undefined
  #cancel: () => void = () => undefined

  constructor(context: HealthCheckContext) {
    this.#context = context
    const { healthRise: rise, healthFall: fall } = context.options
    this.#health = new RiseAndFall({ rise, fall })
  }

  /** Absent until the first check has ended. */
  get isHealthy(): boolean | undefined {
    return this.#health.isHealthy
  }

  /** Checks now and at every interval. */
  start(): void {
    this.#check?.abort()
    const { server, host, path, options } = this.#context
    const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: resumelb-health\r\n\r\n`
    const head = { text, body: 'none', length: 0, expectsContinue: false } as const
    const end = (reason: string) => {
      if (this.#isStopped) return
      this.#onResult(reason)
      this.#cancel()
      this.#cancel = server.clock.after(options.healthInterval, () => this.start())
    }
    const answered = ({ status }: { readonly status: number }) =>
      end(status < 400 ? '' : `status ${status}`)
    const ignore = () => undefined
    const check = new UpstreamRequest(server, head, 'GET', {
      onSent: ignore,
      onBodyWanted: ignore,
      onDrain: ignore,
      onBodyUnwanted: ignore,
      onInterim: ignore,
      onBody: ignore,
      onEnd: ignore,
      onResponse: answered,
      onWholeResponse: answered,
      onRefused: (error) => end(reasonOf(error)),
      onBroken: (error) => end(reasonOf(error)),
    })
    this.#check = check
    this.#cancel = server.clock.after(options.healthInterval, () => {
      check.abort()
      end('no response in time')
    })
    check.start()
  }

  /** Checks no more. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#check?.abort()
  }

  #onResult(reason: string): void {
    const isHealthy = reason === ''
    if (this.#health.take(isHealthy)) this.#context.onChange(isHealthy, reason)
  }
}
