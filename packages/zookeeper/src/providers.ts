/** Who is registered under a node, with what properties. */
import { parseRegisteredAddress } from './address.ts'
import { hasCode } from './errors.ts'
import type { Properties } from './node-data.ts'
import type { Nodes, Seen } from './nodes.ts'
import { childOf } from './paths.ts'

/** Registrations under one node that are read; more are ignored, with a warning. */
export const maxProviders = 10_000

/** Names that one reader has warned about, so that it warns once. */
const maxNamesWarned = 1000

export class ProviderReader {
  readonly #nodes: Nodes
  readonly #warn: (error: Error) => void
  readonly #namesWarned = new Set<string>()

  constructor(nodes: Nodes, warn: (error: Error) => void) {
    this.#nodes = nodes
    this.#warn = warn
  }

  /** Properties by address. Children whose name is no address are left out. */
  async read(node: string, seen: Seen): Promise<ReadonlyMap<string, Properties>> {
    const children = await this.#nodes.children(node, seen)
    const names = children.filter((name) => this.#isAddress(node, name))
    if (names.length > maxProviders) {
      this.#warnOnce(
        node,
        `${node} has ${names.length} children, of which ${maxProviders} are read`,
      )
    }
    const entries = await Promise.all(
      names.slice(0, maxProviders).map(async (name) => {
        // It may go between the list and the read.
        const read = (): Promise<Properties> => this.#nodes.properties(childOf(node, name))
        return [name, await orIfMissing(read, undefined)] as const
      }),
    )
    return new Map(entries.filter((entry): entry is [string, Properties] => entry[1] !== undefined))
  }

  #isAddress(node: string, name: string): boolean {
    const isAddress = parseRegisteredAddress(name) !== undefined
    const path = childOf(node, name)
    if (!isAddress) this.#warnOnce(path, `${path} is no address HOST:PORT`)
    return isAddress
  }

  #warnOnce(key: string, message: string): void {
    if (this.#namesWarned.has(key) || this.#namesWarned.size >= maxNamesWarned) return
    this.#namesWarned.add(key)
    this.#warn(new Error(message))
  }
}

/** What is read, or something else if there is no such node. */
export async function orIfMissing<T, Other>(
  read: () => Promise<T>,
  other: Other,
): Promise<T | Other> {
  try {
    return await read()
  } catch (error) {
    if (hasCode(error, 'NO_NODE')) return other
    throw error
  }
}
