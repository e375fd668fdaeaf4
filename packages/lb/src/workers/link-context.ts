import type { Clock, Logger } from '@resumelb/common'
import type { DialTls, Identity } from '@resumelb/protocol'
import type { WorkerListener } from './worker.ts'

/** What all links of a load balancer share. */
export interface LinkContext {
  readonly identity: Identity
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Maximum milliseconds to connect to a worker. */
  readonly connectTimeout: number
  /** How to connect by TLS; without it, connections are not encrypted. */
  readonly tls?: DialTls | undefined
  readonly listener: WorkerListener
}
