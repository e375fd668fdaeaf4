/** The listening sockets of a process: some it has got from another one, some it passes on. */
import { closeSync } from 'node:fs'
import type { Server } from 'node:net'
import {
  type Address,
  BoundSocket,
  bindAt,
  descriptorOf,
  formatAddress,
  isUnixAddress,
  type ListenOptions,
  leavePath,
  listenAt,
  listenOn,
  OptionError,
  ownPath,
  passedSocket,
} from '@resumelb/common'
import type { ClientAddress } from '../client-address.ts'
import type { PassedSocket } from './inheritance.ts'

/** The option with the addresses for clients. */
export const clientOption = '--address'

export class ListeningSockets {
  /** Passed by another process, and not used yet. */
  readonly #passed: PassedSocket[]
  readonly #keys: Map<Server | BoundSocket, string> = new Map()
  /** The unix sockets that the predecessor has made. */
  readonly #inherited: Map<Server | BoundSocket, string> = new Map()

  constructor(passed: readonly PassedSocket[]) {
    this.#passed = [...passed]
  }

  /** The number of sockets that have been passed for this key, and are not used yet. */
  count(key: string): number {
    return this.#passed.filter((socket) => socket.key === key).length
  }

  /** As {@link listenAt}, at the socket that has been passed for the address, if there is one. */
  readonly listen = async (
    server: Server,
    address: Address,
    options?: ListenOptions,
  ): Promise<void> => {
    const key = keyOf(address, options)
    const descriptor = this.#take(key)
    const backlog = options?.backlog
    if (descriptor === undefined) await listenAt(server, address, options)
    else if (isUnixAddress(address)) {
      await listenOn(server, descriptor, { path: address.path, backlog })
      this.#inherited.set(server, address.path)
    } else await listenOn(server, descriptor, { backlog })
    this.#keys.set(server, key)
  }

  /** Listens at a socket of the service manager. Rejects with an OptionError if there is none. */
  async listenAtPassed(server: Server, key: string): Promise<void> {
    const descriptor = this.#take(key)
    if (descriptor === undefined) throw notPassed(key)
    await listenOn(server, descriptor)
    this.#keys.set(server, key)
  }

  /**
   * Binds sockets for `count` processes that will listen at the address: those that have been
   * passed, or new ones. Rejects as {@link listen} and {@link listenAtPassed}.
   */
  async bind({ address, key, mode, isPassed }: ClientAddress, count: number): Promise<void> {
    if (this.count(key) === 0) {
      if (isPassed) throw notPassed(key)
      const bound = await bindAt(address, count, { mode, option: clientOption })
      for (const socket of bound) this.#keys.set(socket, key)
    }
    const path = isUnixAddress(address) ? address.path : undefined
    while (this.count(key) > 0) {
      const socket = passedSocket(this.#take(key) as number, path)
      this.#keys.set(socket, key)
      if (path !== undefined) this.#inherited.set(socket, path)
    }
  }

  /** Those that {@link bind} has bound. */
  get bound(): readonly BoundSocket[] {
    return [...this.#keys.keys()].filter((one): one is BoundSocket => one instanceof BoundSocket)
  }

  /** The same for the processes that listen at them. */
  get shared(): readonly PassedSocket[] {
    return this.bound.map((socket) => ({
      key: this.#keys.get(socket) as string,
      fd: socket.descriptor,
    }))
  }

  /** Those that are listening, for another process. */
  get open(): readonly PassedSocket[] {
    return [...this.#keys].flatMap(([server, key]) => {
      const fd = server instanceof BoundSocket ? server.descriptor : descriptorOf(server)
      return fd === undefined ? [] : [{ key, fd }]
    })
  }

  /**
   * The process that has passed them leaves them: unix sockets are removed when the servers close.
   */
  own(): void {
    for (const [server, path] of this.#inherited) ownPath(server, path)
    this.#inherited.clear()
  }

  /** Another process has them: unix sockets stay where they are when the servers close. */
  leave(): void {
    for (const server of this.#keys.keys()) leavePath(server)
  }

  /**
   * Closes those that are not used: clients would wait there without an answer. Returns their keys.
   */
  closeUnused(): string[] {
    const unused = this.#passed.splice(0)
    for (const { fd } of unused) closeSync(fd)
    return unused.map(({ key }) => key)
  }

  /** Closes what was bound for other processes: clients are connected only while those listen. */
  closeBound(): void {
    for (const socket of this.bound) {
      this.#keys.delete(socket)
      socket.close()
    }
  }

  #take(key: string): number | undefined {
    const at = this.#passed.findIndex((socket) => socket.key === key)
    return at < 0 ? undefined : this.#passed.splice(at, 1)[0]?.fd
  }
}

/** Those of clients are named by their address. Others may have the same, if their port is 0. */
function keyOf(address: Address, { option = '' }: ListenOptions = {}): string {
  const at = formatAddress(address)
  return option === clientOption ? at : `${option} ${at}`
}

function notPassed(key: string): OptionError {
  const reason = 'no socket of this name was passed'
  return new OptionError(clientOption, 'the name of a socket that systemd passes', key, { reason })
}
