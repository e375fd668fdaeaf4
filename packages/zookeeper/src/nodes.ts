/** The nodes of a server, under the connection string's chroot. */
import {
  type AccessList,
  openAccess,
  type Permission,
  permissionBits,
  permissionsOf,
} from './auth.ts'
import type { Answer, Calls, Failure } from './client/calls.ts'
import { ACL, CreateMode, Id, type LibraryClient, type Stat } from './client/library.ts'
import { hasCode, ZooKeeperError } from './errors.ts'
import { decodeProperties, encodeProperties, maxDataBytes, type Properties } from './node-data.ts'
import { parentOf } from './paths.ts'

export interface NodeStat {
  /** The session that holds an ephemeral node, hexadecimal; `undefined` for a persistent one. */
  readonly owner: string | undefined
  /** How often the data were written. */
  readonly version: number
  /** How often the access list was written. */
  readonly accessVersion: number
  readonly childCount: number
}

export interface NodeContent {
  readonly data: Buffer
  readonly stat: NodeStat
}

export interface CreateOptions {
  readonly access?: AccessList
  /** The node goes with our session. */
  readonly ephemeral?: boolean
}

/**
 * Called once, when the node or what was asked about it may have changed since the call.
 * The same function on the same path is called once for several calls.
 */
export type Seen = () => void

/** What following links needs to know. */
export interface NodeReader {
  /** `undefined` if there is no such node; `seen` then waits for its creation. */
  exists(path: string, seen?: Seen): Promise<NodeStat | undefined>
  /** The node's properties. Fails with `NO_NODE`. */
  properties(path: string, seen?: Seen): Promise<Properties>
}

/** Calls about nodes. All fail with a {@link ZooKeeperError}; its `code` says why. */
export class Nodes implements NodeReader {
  readonly #calls: Calls
  readonly #chroot: string
  readonly #watchers: Watchers
  readonly #warn: (error: Error) => void

  constructor(calls: Calls, chroot: string, watchers: Watchers, warn: (error: Error) => void) {
    this.#calls = calls
    this.#chroot = chroot
    this.#watchers = watchers
    this.#warn = warn
  }

  async exists(path: string, seen?: Seen): Promise<NodeStat | undefined> {
    const stat = await this.#call<Stat | null>('exists', path, true, (client, real, answer) => {
      if (seen === undefined) client.exists(real, answer)
      else client.exists(real, this.#watchers.add(client, real, seen), answer)
    })
    return stat === null ? undefined : nodeStat(stat)
  }

  async read(path: string, seen?: Seen): Promise<NodeContent> {
    const [data, stat] = await this.#call<[Buffer | undefined, Stat]>(
      'read',
      path,
      true,
      (client, real, answer) => {
        const both = (error: Failure, data: Buffer | undefined, stat: Stat): void =>
          answer(error, [data, stat])
        if (seen === undefined) client.getData(real, both)
        else client.getData(real, this.#watchers.add(client, real, seen), both)
      },
    )
    return { data: data ?? Buffer.alloc(0), stat: nodeStat(stat) }
  }

  async properties(path: string, seen?: Seen): Promise<Properties> {
    const { data } = await this.read(path, seen)
    return decodeProperties(data, (cause) => {
      this.#warn(new Error(`bad JSON in node ${path}: ${cause.message}`, { cause }))
    })
  }

  /** Names of the children, sorted. */
  async children(path: string, seen?: Seen): Promise<string[]> {
    const names = await this.#call<string[]>('list', path, true, (client, real, answer) => {
      if (seen === undefined) client.getChildren(real, answer)
      else client.getChildren(real, this.#watchers.add(client, real, seen), answer)
    })
    return names.toSorted()
  }

  async create(path: string, data: Buffer, options: CreateOptions = {}): Promise<void> {
    const { access = openAccess, ephemeral = false } = options
    const mode = ephemeral ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT
    refuseTooMuch('create', path, data)
    await this.#call<string>('create', path, false, (client, real, answer) =>
      client.create(real, data, toAcl(access), mode, answer),
    )
  }

  /** Creates what is missing on the way to the node, and the node, without properties. */
  async ensure(path: string, access: AccessList = openAccess): Promise<void> {
    if ((await this.exists(path)) !== undefined) return
    if (path === '/') await this.#ensureChroot(access)
    else {
      await this.ensure(parentOf(path), access)
      await this.#createIfMissing(path, access)
    }
  }

  async #ensureChroot(access: AccessList): Promise<void> {
    const outer = new Nodes(this.#calls, '', this.#watchers, this.#warn)
    await outer.ensure(this.#chroot, access)
  }

  async #createIfMissing(path: string, access: AccessList): Promise<void> {
    try {
      await this.create(path, encodeProperties({}), { access })
    } catch (error) {
      if (!hasCode(error, 'NODE_EXISTS')) throw error
    }
  }

  /** Replaces the data; if a version is given, only data of that version (else `BAD_VERSION`). */
  async write(path: string, data: Buffer, version: number = -1): Promise<void> {
    refuseTooMuch('write', path, data)
    await this.#call<Stat>('write', path, false, (client, real, answer) =>
      client.setData(real, data, version, answer),
    )
  }

  /** Removes a node without children. */
  async remove(path: string): Promise<void> {
    await this.#call<undefined>('remove', path, false, (client, real, answer) =>
      client.remove(real, (error) => answer(error, undefined)),
    )
  }

  /** Puts an ephemeral node of ours in the place of a node, in one step: it is never missing. */
  async replace(path: string, data: Buffer, access: AccessList): Promise<void> {
    refuseTooMuch('replace', path, data)
    await this.#call<unknown>('replace', path, false, (client, real, answer) =>
      client
        .transaction()
        .remove(real)
        .create(real, data, toAcl(access), CreateMode.EPHEMERAL)
        .commit(answer),
    )
  }

  async access(path: string): Promise<AccessList> {
    const acl = await this.#call<ACL[]>('read access of', path, true, (client, real, answer) =>
      client.getACL(real, answer),
    )
    return acl.map(fromAcl)
  }

  async setAccess(path: string, access: AccessList): Promise<void> {
    await this.#call<Stat>('set access of', path, false, (client, real, answer) =>
      client.setACL(real, toAcl(access), answer),
    )
  }

  #call<T>(
    verb: string,
    path: string,
    isRead: boolean,
    send: (client: LibraryClient, real: string, answer: Answer<T>) => void,
  ): Promise<T> {
    const real = path === '/' ? this.#chroot || '/' : this.#chroot + path
    return this.#calls.make<T>({
      what: `${verb} ${path}`,
      isRead,
      send: (client, answer) => send(client, real, answer),
    })
  }
}

/** Paths that one client may have watched so far. */
export const maxWatchedPaths = 10_000

/**
 * One function per path for the library, which knows watchers by identity and would collect ours
 * without limit: a watcher stays until its event comes, even if no caller waits for it any more.
 */
export class Watchers {
  readonly #waiting = new Map<string, Set<Seen>>()
  readonly #functions = new Map<string, () => void>()
  #client: LibraryClient | undefined

  /** The function to hand to this client of the library; `seen` is called when it is. */
  add(client: LibraryClient, path: string, seen: Seen): () => void {
    // A new client knows none of the watchers of the one before.
    if (client !== this.#client) this.#clear()
    this.#client = client
    const set = this.#waiting.get(path) ?? new Set()
    this.#waiting.set(path, set.add(seen))
    const known = this.#functions.get(path)
    if (known !== undefined) return known
    if (this.#functions.size >= maxWatchedPaths) {
      throw new ZooKeeperError('TOO_MANY', `${maxWatchedPaths} paths are watched`)
    }
    const fire = (): void => {
      const all = this.#waiting.get(path) ?? []
      this.#waiting.delete(path)
      for (const one of all) queueMicrotask(one)
    }
    this.#functions.set(path, fire)
    return fire
  }

  /** This function is no longer waited with. */
  drop(seen: Seen): void {
    for (const set of this.#waiting.values()) set.delete(seen)
  }

  #clear(): void {
    this.#waiting.clear()
    this.#functions.clear()
  }
}

function refuseTooMuch(verb: string, path: string, data: Buffer): void {
  if (data.length > maxDataBytes) {
    const message = `${verb} ${path}: ${data.length} bytes, at most ${maxDataBytes}`
    throw new ZooKeeperError('BAD_REQUEST', message)
  }
}

function nodeStat(stat: Stat): NodeStat {
  const owner = stat.ephemeralOwner.toString('hex')
  return {
    owner: /^0+$/.test(owner) ? undefined : owner,
    version: stat.version,
    accessVersion: stat.aversion,
    childCount: stat.numChildren,
  }
}

function toAcl(access: AccessList): ACL[] {
  return access.map(
    ({ scheme, id, permissions }) => new ACL(permissionBits(permissions), new Id(scheme, id)),
  )
}

function fromAcl(acl: ACL): { scheme: string; id: string; permissions: Permission[] } {
  // The library says `permission` where its types say `perms`.
  const { permission } = acl as unknown as { permission: number }
  return { scheme: acl.id.scheme, id: acl.id.id, permissions: permissionsOf(permission) }
}
