/** Asks DNS for the workers of a name. */

import { promises as dns } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { WorkerSpec } from '../workers/worker-spec.ts'
import { type WorkerName, workersAt, workersOfTargets } from './worker-name.ts'

/** What a lookup has found. */
export interface FoundWorkers {
  /** Sorted by address; none if the name does not exist or has no addresses. */
  readonly workers: readonly WorkerSpec[]
  /** Seconds for which the answer is valid; `undefined` if that is unknown. */
  readonly ttl: number | undefined
}

/** Looks a name up. Rejects if the servers cannot be asked, or fail. */
export interface NameLookup {
  find(name: WorkerName): Promise<FoundWorkers>
  /** Gives up what is in progress. */
  cancel(): void
}

interface Addresses {
  readonly addresses: readonly string[]
  readonly ttl: number | undefined
}

/** Milliseconds until a server is asked again, and how often. */
const patience = { timeout: 2_000, tries: 2 }

/** Most workers of one name. */
const maxWorkersOfName = 1_000

/** Answers that say that there is nothing, as opposed to failures. */
const nothing: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'NOTFOUND', 'NODATA'])

/** `server` is HOST:PORT of a DNS server; by default those of the system, and its hosts file. */
export class DnsLookup implements NameLookup {
  readonly #resolver = new dns.Resolver(patience)
  readonly #isSystem: boolean

  constructor(server?: string) {
    this.#isSystem = server === undefined
    if (server !== undefined) this.#resolver.setServers([server])
  }

  async find(name: WorkerName): Promise<FoundWorkers> {
    const found = await (name.kind === 'dns' ? this.#findHost(name) : this.#findService(name))
    const workers = found.workers.toSorted((one, other) => (one.address < other.address ? -1 : 1))
    return { workers: workers.slice(0, maxWorkersOfName), ttl: found.ttl }
  }

  cancel(): void {
    this.#resolver.cancel()
  }

  async #findHost(name: WorkerName): Promise<FoundWorkers> {
    const { addresses, ttl } = await this.#addressesOf(name.name)
    return { workers: workersAt(name, addresses), ttl }
  }

  async #findService(name: WorkerName): Promise<FoundWorkers> {
    const all = await noneIfNothing(this.#resolver.resolveSrv(name.name))
    const records = all.slice(0, maxWorkersOfName)
    const hosts = new Set(records.map((record) => record.name))
    const places = new Map(
      await Promise.all(
        [...hosts].map(async (host) => [host, await this.#addressesOf(host)] as const),
      ),
    )
    const targets = records.map(({ name: host, port, priority, weight }) => {
      const { addresses = [] } = places.get(host) ?? {}
      return { host, addresses, port, priority, weight }
    })
    const ttls = [...places.values()].flatMap(({ ttl }) => ttl ?? [])
    const ttl = ttls.length === 0 ? undefined : Math.min(...ttls)
    return { workers: workersOfTargets(name, targets), ttl }
  }

  /**
   * The IPv4 addresses, or if there are none the IPv6 addresses: a worker with one of each would be
   * two workers otherwise.
   */
  async #addressesOf(host: string): Promise<Addresses> {
    if (isIP(host) !== 0) return { addresses: [host], ttl: undefined }
    const inet = await noneIfNothing(this.#resolver.resolve4(host, { ttl: true }))
    const records =
      inet.length > 0 ? inet : await noneIfNothing(this.#resolver.resolve6(host, { ttl: true }))
    if (records.length === 0 && this.#isSystem) return await addressesByTheSystem(host)
    const ttl = records.length === 0 ? undefined : Math.min(...records.map((each) => each.ttl))
    return { addresses: records.map(({ address }) => address), ttl }
  }
}

/**
 * For the hosts file, and for names without their domain, which only the system's lookup completes.
 */
async function addressesByTheSystem(host: string): Promise<Addresses> {
  const found = await noneIfNothing(lookup(host, { all: true }))
  const inet = found.filter(({ family }) => family === 4)
  const addresses = (inet.length > 0 ? inet : found).map(({ address }) => address)
  return { addresses, ttl: undefined }
}

async function noneIfNothing<Item>(answer: Promise<Item[]>): Promise<Item[]> {
  try {
    return await answer
  } catch (error) {
    if (nothing.has((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
