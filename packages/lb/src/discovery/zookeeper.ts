/** Finds workers and settings in a ZooKeeper tree, and registers the load balancer there. */
import { type Clock, type Logger, Reminder, systemClock } from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import {
  advertisedAddress,
  type DigestCredential,
  logSessionEvents,
  type Properties,
  Session,
} from '@resumelb/zookeeper'
import { differenceOf } from './difference.ts'
import type { Discovery, DiscoveryListener } from './discovery.ts'

export interface ZooKeeperOptions {
  /** The servers: `HOST[:PORT],...[/CHROOT]`. */
  readonly zookeeper: string
  /**
   * The node of the load balancer, such as `/lb`; its workers are under `PATH/workers/providers`.
   */
  readonly path: string
  /** The properties of the load balancer's registration. */
  readonly properties?: Properties
  /** The host to register, if it is not the one that the load balancer listens at. */
  readonly advertise?: string
  readonly credentials?: readonly DigestCredential[]
  /** Milliseconds without contact after which ZooKeeper drops the registration. */
  readonly sessionTimeout?: number
  /**
   * Converts the properties of PATH to settings; they are `undefined` if the node does not exist.
   */
  readonly settingsOf?: (properties: Properties | undefined) => Readonly<Record<string, unknown>>
  /** Without one, warnings and errors go to standard error. */
  readonly log?: Logger
  /** For tests. */
  readonly clock?: Clock
}

/**
 * Finds workers under `PATH/workers/providers` and settings in the properties of PATH, following
 * links, and registers the load balancer under `PATH/providers`. While ZooKeeper is unreachable,
 * the last known state is used. A worker that is no longer in the tree serves until its connection
 * ends, because all workers are missing for a moment when sessions expire or the servers lose their
 * data. Throws an `OptionError` if an option is bad.
 */
export function zookeeperWorkers(options: ZooKeeperOptions): Discovery {
  return new ZooKeeperDiscovery(options)
}

class ZooKeeperDiscovery implements Discovery {
  readonly #options: ZooKeeperOptions
  readonly #log: Logger
  readonly #session: Session
  #known: ReadonlySet<string> | undefined
  /** Whether the node PATH exists. */
  #isThere = false
  readonly #missingNode: Reminder
  readonly #missingWorkers: Reminder
  /** The address of the load balancer, until it is registered. */
  #unregistered: string | undefined

  constructor(options: ZooKeeperOptions) {
    const { zookeeper, credentials, sessionTimeout } = options
    this.#options = options
    this.#log = options.log ?? defaultLogger()
    this.#session = new Session(zookeeper, {
      ...(credentials !== undefined && { credentials }),
      ...(sessionTimeout !== undefined && { sessionTimeout }),
    })
    const { path } = options
    const clock = options.clock ?? systemClock
    this.#missingNode = new Reminder(clock, 0, (milliseconds) => {
      const seconds = Math.round(milliseconds / 1000)
      const facts = { path, zookeeper, seconds }
      this.#log.warn(facts, 'node does not exist in ZooKeeper: waiting for it')
    })
    this.#missingWorkers = new Reminder(clock, 0, (milliseconds) => {
      const seconds = Math.round(milliseconds / 1000)
      const facts = { path: `${path}/workers/providers`, seconds }
      this.#log.warn(facts, 'no worker is registered')
    })
    logSessionEvents(this.#session, this.#log, () =>
      this.#known === undefined
        ? 'waiting for it before listening'
        : 'going on with the workers and settings that are known',
    )
  }

  async start(listener: DiscoveryListener): Promise<void> {
    const { path } = this.#options
    const settings = this.#session.watchProperties(path, (properties) =>
      this.#onSettings(listener, properties),
    )
    // Settings first, so that they are in place before the first workers.
    await settings.first()
    const workers = this.#session.watchProviders(`${path}/workers/providers`, (providers) =>
      this.#onWorkers(listener, new Set(providers.keys())),
    )
    await workers.first()
  }

  async listening(host: string, port: number): Promise<void> {
    this.#unregistered = advertisedAddress({ host, port }, this.#options.advertise)
    this.#register()
  }

  /**
   * Does not register at a path that does not exist: it may be mistyped, and registering would
   * create it.
   */
  #register(): void {
    const address = this.#unregistered
    if (address === undefined || !this.#isThere) return
    this.#unregistered = undefined
    const { path, properties = {} } = this.#options
    const registration = this.#session.register(`${path}/providers/${address}`, {
      pid: process.pid,
      ...properties,
    })
    registration.registered().then(
      () => this.#log.info({ node: registration.node }, 'load balancer registered'),
      () => this.#log.debug({ address }, 'stopped before it was registered'),
    )
  }

  close(): Promise<void> {
    this.#missingNode.end()
    this.#missingWorkers.end()
    return this.#session.close()
  }

  #onWorkers(listener: DiscoveryListener, addresses: ReadonlySet<string>): void {
    const isKnown = this.#known !== undefined
    const difference = differenceOf(this.#known ?? new Set(), addresses)
    this.#known = addresses
    listener.onWorkers([...addresses], 'release')
    if (addresses.size === 0) this.#missingWorkers.begin()
    else this.#missingWorkers.end()
    // A worker that has started again registers at the same address.
    if (difference.appeared.length + difference.gone.length === 0 && isKnown) return
    this.#log.info({ count: addresses.size, ...difference }, 'registered workers')
  }

  #onSettings(listener: DiscoveryListener, properties: Properties | undefined): void {
    const settings = this.#options.settingsOf?.(properties) ?? {}
    const { path } = this.#options
    this.#isThere = properties !== undefined
    if (this.#isThere) this.#missingNode.end()
    else this.#missingNode.begin()
    this.#register()
    try {
      listener.onSettings(settings)
      this.#log.info({ path, settings }, 'settings')
    } catch (error) {
      this.#log.warn({ path, settings, reason: String(error) }, 'settings rejected')
    }
  }
}
