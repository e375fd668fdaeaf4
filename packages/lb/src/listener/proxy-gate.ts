/** Reads the PROXY protocol header of each connection before a server gets it, TLS or not. */
import { Buffer } from 'node:buffer'
import type { Server, Socket } from 'node:net'
import type { AwakeClock } from '@resumelb/common'
import { type ProxiedClient, readProxyHeader } from './proxy-protocol.ts'

/** Milliseconds in which a proxy must send its header. Proxies send it first and at once. */
export const proxyHeaderTimeout = 5_000

export interface ProxyGateOptions {
  readonly deadlines: AwakeClock
  /** Whether a connection comes from a proxy whose header counts. */
  trusts(socket: Socket): boolean
  /** The header of a connection has come, and names its client. */
  announce(socket: Socket, client: ProxiedClient): void
  /**
   * A connection is closed because its header is missing or wrong, or because it is not trusted.
   */
  refused(socket: Socket, reason: string): void
}

type Take = (socket: Socket) => void

export class ProxyGate {
  readonly #options: ProxyGateOptions
  readonly #waiting: Set<Socket> = new Set()
  #isDraining = false

  /** Comes before those who listen to the server's connections now. */
  constructor(server: Server, options: ProxyGateOptions) {
    this.#options = options
    const takers = server.listeners('connection') as Take[]
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      this.#admit(socket, () => {
        for (const take of takers) take.call(server, socket)
      })
    })
  }

  /** Closes the connections whose header has not come, now and from now on. */
  drain(): void {
    this.#isDraining = true
    for (const socket of this.#waiting) socket.destroy()
  }

  /** The same: none of them carries a request. */
  destroy(): void {
    this.drain()
  }

  #admit(socket: Socket, pass: () => void): void {
    const { trusts, refused } = this.#options
    if (this.#isDraining) return void socket.destroy()
    if (!trusts(socket)) {
      refused(socket, 'it is not from a trusted proxy')
      return void socket.destroy()
    }
    this.#waiting.add(socket)
    new HeaderReader(socket, this.#options, (isAdmitted) => {
      this.#waiting.delete(socket)
      if (isAdmitted) pass()
    })
  }
}

/** Reads one header, and leaves in the socket what follows it. */
class HeaderReader {
  readonly #socket: Socket
  readonly #options: ProxyGateOptions
  readonly #settled: (isAdmitted: boolean) => void
  readonly #cancelTimeout: () => void
  #bytes: Buffer | undefined
  readonly #onReadable = (): void => this.#read()
  readonly #onEnd = (): void => {
    // Health checks and port scanners connect and leave.
    if (this.#bytes === undefined) this.#socket.destroy()
    else this.#refuse('it ended within the PROXY protocol header')
  }
  readonly #onError = (): void => undefined
  readonly #onClose = (): void => {
    this.#forget()
    this.#settled(false)
  }

  constructor(socket: Socket, options: ProxyGateOptions, settled: (isAdmitted: boolean) => void) {
    this.#socket = socket
    this.#options = options
    this.#settled = settled
    this.#cancelTimeout = options.deadlines.after(proxyHeaderTimeout, () =>
      this.#refuse(`no PROXY protocol header in ${proxyHeaderTimeout} ms`),
    )
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    socket.on('end', this.#onEnd)
    socket.on('readable', this.#onReadable)
  }

  #read(): void {
    const chunk = this.#socket.read() as Buffer | null
    if (chunk === null) return
    const bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk])
    this.#bytes = bytes
    const header = this.#headerOf(bytes)
    if (header === undefined || header === 'INCOMPLETE') return
    this.#pass(header.client, bytes.subarray(header.length))
  }

  #headerOf(bytes: Buffer): ReturnType<typeof readProxyHeader> | undefined {
    try {
      return readProxyHeader(bytes)
    } catch (error) {
      this.#refuse((error as Error).message)
      return undefined
    }
  }

  #pass(client: ProxiedClient | undefined, rest: Buffer): void {
    const socket = this.#socket
    socket.off('error', this.#onError)
    this.#forget()
    if (rest.length > 0) socket.unshift(rest)
    if (client !== undefined) this.#options.announce(socket, client)
    this.#settled(true)
  }

  #refuse(reason: string): void {
    this.#options.refused(this.#socket, reason)
    this.#onClose()
    this.#socket.destroy()
  }

  #forget(): void {
    this.#cancelTimeout()
    this.#socket.off('close', this.#onClose)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('readable', this.#onReadable)
  }
}
