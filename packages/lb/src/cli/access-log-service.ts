/** The access log of a command: written as requests end, reopened on a signal. */
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import { AccessLog } from '../admin/access-log.ts'
import { lineFormatOf } from '../admin/log-format.ts'
import { refusalOfConnection, refusalOfInput } from '../admin/refusal.ts'
import type { LoadBalancerEvents } from '../events.ts'

export class AccessLogService implements Service {
  readonly #accessLog: AccessLog | undefined
  readonly #log: pino.Logger

  /**
   * Opens the file; `-` is standard output, "" disables the access log. Throws if it cannot be
   * opened, or if the format is none.
   */
  constructor(path: string, format: string, log: pino.Logger) {
    this.#log = log
    const lines = lineFormatOf(format, '--log-format')
    if (path === '') return
    const onError = ({ message: error }: Error) =>
      log.error({ path, error }, 'access log lines lost')
    this.#accessLog = new AccessLog(path, onError, lines)
  }

  /** Starts to log requests as they end, and what is refused before it is one. */
  listen(events: LoadBalancerEvents): void {
    const accessLog = this.#accessLog
    if (accessLog === undefined) return
    events.on('requestEnded', (ended) => accessLog.write(ended))
    events.on('inputRefused', (refused) => accessLog.writeRefusal(refusalOfInput(refused)))
    events.on('connectionRefused', (refused) =>
      accessLog.writeRefusal(refusalOfConnection(refused)),
    )
  }

  /** Reopens the file after a signal. */
  reopen(signal: NodeJS.Signals): void {
    if (this.#accessLog === undefined) return
    try {
      this.#accessLog.reopen()
      this.#log.info({ signal }, 'access log reopened')
    } catch (error) {
      this.#log.error({ signal, error: (error as Error).message }, 'cannot reopen the access log')
    }
  }

  async start(): Promise<void> {
    // Opened before there is anything to write, so that an invalid path ends the command at once.
  }

  async stop(): Promise<void> {
    await this.#accessLog?.close()
  }
}
