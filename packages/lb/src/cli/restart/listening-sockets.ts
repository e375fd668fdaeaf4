/** The listening sockets of a process: some it has got from another one, some it passes on. */
import { closeSync } from 'node:fs'
import type { Server } from 'node:net'
import {
  type Address,
  descriptorOf,
  formatAddress,
  isUnixAddress,
  type ListenOptions,
  leavePath,
  listenAt,
  listenOn,
  OptionError,
  ownPath,
} from '@resumelb/common'
import type { PassedSocket } from './inheritance.ts'

export class ListeningSockets {
  /** Passed by another process, and not used yet. */
  readonly #passed: PassedSocket[]
  readonly #keys: Map<Server, string> = new Map()
  /** The unix sockets that the predecessor has made. */
  readonly #inherited: Map<Server, string> = new Map()

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
    const key = formatAddress(address)
    const descriptor = this.#take(key)
    if (descriptor === undefined) await listenAt(server, address, options)
    else if (isUnixAddress(address)) {
      await listenOn(server, descriptor, address.path)
      this.#inherited.set(server, address.path)
    } else await listenOn(server, descriptor)
    this.#keys.set(server, key)
  }

  /** Listens at a socket of the service manager. Rejects with an OptionError if there is none. */
  async listenAtPassed(server: Server, key: string): Promise<void> {
    const descriptor = this.#take(key)
    if (descriptor === undefined) {
      const reason = 'no socket of this name was passed'
      throw new OptionError('--address', 'the name of a socket that systemd passes', key, {
        reason,
      })
    }
    await listenOn(server, descriptor)
    this.#keys.set(server, key)
  }

  /** Those that are listening, for another process. */
  get open(): readonly PassedSocket[] {
    return [...this.#keys].flatMap(([server, key]) => {
      const fd = descriptorOf(server)
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

  #take(key: string): number | undefined {
    const at = this.#passed.findIndex((socket) => socket.key === key)
    return at < 0 ? undefined : this.#passed.splice(at, 1)[0]?.fd
  }
}
