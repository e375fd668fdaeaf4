/** Clients of the library without its faults. Each cure names the fault. */
import type { Clock } from '@resumelb/common'
import { type Ensemble, formatConnectionString } from '../connection-string.ts'
import type { DigestCredential } from '../options.ts'
import {
  authRequest,
  type ConnectionManager,
  clientStates,
  connectionLoss,
  createLibraryClient,
  type LibraryClient,
  setWatchesRequest,
} from './library.ts'

/** What a session is resumed by. */
export interface SessionTicket {
  readonly id: Buffer
  readonly password: Buffer
}

export interface ClientSettings {
  readonly ensemble: Ensemble
  readonly sessionTimeout: number
  readonly credentials: readonly DigestCredential[]
  /** The session to go on with. */
  readonly ticket: SessionTicket | undefined
}

/** The events of a client. Called from the library's socket handlers: must not throw. */
export interface ClientEvents {
  stateChanged(state: number): void
  /** Bytes came. */
  heard(): void
  /** An attempt or a connection failed; the library goes on by itself. */
  failed(error: Error): void
}

/** Most milliseconds of the pause after all servers have been tried. */
const spinDelay = 500

/** Least milliseconds that a server has to answer the handshake. */
const shortestHandshake = 200

/** A client that does not connect yet: call `connect()`, once. */
export function createCleanClient(
  settings: ClientSettings,
  events: ClientEvents,
  clock: Clock,
): LibraryClient {
  const { ensemble, sessionTimeout, credentials, ticket } = settings
  const client = createLibraryClient(formatConnectionString({ ...ensemble, chroot: '' }), {
    sessionTimeout,
    spinDelay,
    ...(ticket && { sessionId: ticket.id, sessionPassword: ticket.password }),
  })
  const manager = client.connectionManager
  // The library cannot read IPv6 addresses. It has shuffled its own list, so shuffle ours.
  manager.servers = shuffled(ensemble.servers)
  manager.updateTimeout(sessionTimeout)
  // With xid 0, old servers count one request as unanswered forever (issue 100).
  manager.xid = 1
  for (const { user, password } of credentials) {
    client.addAuthInfo('digest', Buffer.from(`${user}:${password}`))
  }
  dialOnlyWhenConnecting(manager)
  limitHandshake(client, events, clock)
  guardReading(manager, events)
  return client
}

/** The library dials after its random pause even if the client has been closed meanwhile. */
function dialOnlyWhenConnecting(manager: ConnectionManager): void {
  const { findNextServer } = manager
  manager.findNextServer = (dial) => {
    findNextServer.call(manager, (server) => {
      if (manager.state === clientStates.connecting) dial(server)
    })
  }
}

/**
 * The library waits without limit for an answer to its handshake, keeps half a packet of the
 * previous connection, queues authentication and watches once more with every attempt, and
 * authenticates only after the calls that were made while it was down.
 */
function limitHandshake(client: LibraryClient, events: ClientEvents, clock: Clock): void {
  const manager = client.connectionManager
  const connected = manager.onSocketConnected
  let stopWaiting = (): void => undefined
  manager.onSocketConnected = () => {
    manager.pendingBuffer = null
    const calls = manager.packetQueue.queue.filter((packet) => {
      const type = packet.request.header?.type
      return type !== authRequest && type !== setWatchesRequest
    })
    manager.packetQueue.queue = []
    connected.call(manager)
    manager.packetQueue.queue.push(...calls)
    const { socket } = manager
    stopWaiting()
    stopWaiting = clock.after(Math.max(shortestHandshake, client.getSessionTimeout() / 3), () => {
      events.failed(new Error('the server accepted the connection but did not answer'))
      socket?.destroy()
    })
  }
  // Before the library's own listener, so that our view is never older than its.
  manager.prependListener('state', (state) => {
    if (state !== clientStates.connecting) stopWaiting()
    events.stateChanged(state)
  })
}

/** The library throws inside its socket handler on what it does not understand. */
function guardReading(manager: ConnectionManager, events: ClientEvents): void {
  const { onSocketData, onSocketError } = manager
  manager.onSocketData = (data) => {
    events.heard()
    try {
      onSocketData.call(manager, data)
    } catch (error) {
      manager.pendingBuffer = null
      events.failed(new Error('the server sent an invalid message', { cause: error }))
      manager.socket?.destroy()
    }
  }
  manager.onSocketError = (error) => {
    events.failed(error)
    onSocketError.call(manager, error)
  }
}

/** What resumes the client's session. */
export function ticketOf(client: LibraryClient): SessionTicket {
  return { id: client.getSessionId(), password: client.getSessionPassword() }
}

/**
 * Ends a client in whatever state it is. The library's `close()` throws, hangs or is undone by a
 * reconnect unless the client is connected, and leaves queued calls without an answer.
 */
export function disposeClient(client: LibraryClient): void {
  const manager = client.connectionManager
  client.removeAllListeners()
  manager.removeAllListeners('state')
  manager.state = clientStates.closing
  manager.connect = () => {
    // In place of the library's, which would reconnect.
  }
  if (manager.connectTimeoutHandler !== null) clearTimeout(manager.connectTimeoutHandler)
  manager.socket?.destroy()
  const packets = [...manager.pendingQueue.splice(0), ...manager.packetQueue.queue.splice(0)]
  for (const packet of packets) packet.callback?.(connectionLoss())
}

/** Asks the server to end the session, with all its registrations. For a connected client only. */
export function sayGoodbye(client: LibraryClient, closed: () => void): void {
  client.connectionManager.prependListener('state', (state) => {
    if (state === clientStates.closed) closed()
  })
  client.close()
}

function shuffled<T>(items: readonly T[], random: () => number = Math.random): T[] {
  const keyed = items.map((item) => ({ item, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
