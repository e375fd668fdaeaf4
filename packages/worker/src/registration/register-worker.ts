/** A worker that is known in a ZooKeeper tree: its registration and its live settings. */
import {
  formatAddress,
  isUnixAddress,
  type Logger,
  OptionError,
  type TcpAddress,
} from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import {
  advertisedAddress,
  type DigestCredential,
  logSessionEvents,
  type Properties,
  Session,
} from '@resumelb/zookeeper'
import type { WorkerSettings } from '../options.ts'
import type { Worker } from '../worker.ts'
import { liveSettings } from './live-settings.ts'

export interface RegisterOptions {
  /** The servers: `HOST[:PORT],...[/CHROOT]`. */
  readonly zookeeper: string
  /** The node of the workers, such as `/lb/workers`; links are followed. */
  readonly path: string
  /**
   * The host that load balancers should connect to, if it is not the one that the worker listens
   * at.
   */
  readonly advertise?: string
  /** A description for humans. */
  readonly description?: string
  /** The version of the application; the same as the worker's option. */
  readonly version?: string
  /** Values of settings that the node does not have. */
  readonly settings?: WorkerSettings
  readonly credentials?: readonly DigestCredential[]
  /** Milliseconds without contact after which ZooKeeper drops the registration. */
  readonly sessionTimeout?: number
  /** If absent, warnings and errors go to standard error. */
  readonly log?: Logger
}

export interface WorkerRegistration {
  /** `HOST:PORT`, the name of the node. */
  readonly address: string
  /** Resolves when the node exists for the first time. */
  registered(): Promise<void>
  /** Removes the registration. Resolves within about a second, whatever the servers do. */
  unregister(): Promise<void>
}

/**
 * Registers a worker that listens as an ephemeral node `PATH/providers/HOST:PORT`, and gives it the
 * settings that the properties of PATH are, now and whenever they change. Does not wait for
 * ZooKeeper: the worker serves those who know it already. To leave, unregister first, then drain.
 * Throws an `OptionError` if an option is bad, or if the worker listens at a unix socket.
 */
export function registerWorker(worker: Worker, options: RegisterOptions): WorkerRegistration {
  const { path, log = defaultLogger() } = options
  const address = advertisedAddress(tcpAddressOf(worker), options.advertise)
  const session = openSession(options, log)
  try {
    const settings = liveSettings(options.settings ?? {}, path, log)
    session.watchProperties(path, (properties) => worker.updateSettings(settings.take(properties)))
    const registration = session.register(`${path}/providers/${address}`, properties(options))
    const registered = registration.registered()
    registered.then(
      () => log.info({ node: registration.node }, 'worker registered'),
      () => log.debug({ address }, 'stopped before it was registered'),
    )
    return {
      address,
      registered: () => registered,
      unregister: () => session.close(),
    }
  } catch (error) {
    void session.close()
    throw error
  }
}

/** Load balancers on other machines could not use a unix socket. */
function tcpAddressOf({ address }: Worker): TcpAddress {
  if (!isUnixAddress(address)) return address
  const text = formatAddress(address)
  throw new OptionError('the address of a registered worker', 'HOST:PORT', text)
}

function openSession(options: RegisterOptions, log: Logger): Session {
  const { zookeeper, credentials, sessionTimeout } = options
  const session = new Session(zookeeper, {
    ...(credentials !== undefined && { credentials }),
    ...(sessionTimeout !== undefined && { sessionTimeout }),
  })
  logSessionEvents(session, log, () => 'serving those who know this worker')
  return session
}

function properties({ description, version }: RegisterOptions): Properties {
  return {
    pid: process.pid,
    ...(description && { description }),
    ...(version && { version }),
  }
}
