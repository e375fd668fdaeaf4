/** What the tests with real servers share: sessions that are closed afterwards, and patience. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import {
  type ServerOptions,
  startZooKeeper,
  type ZooKeeperServer,
} from '../../../test/support/zookeeper-server.ts'
import type { Properties } from '../src/node-data.ts'
import type { SessionOptions } from '../src/options.ts'
import { Session } from '../src/session.ts'

/** Milliseconds; for `describe`. Long, because these tests share their machine with others. */
export const patient = { timeout: 120_000 }

/** Milliseconds, for tests that wait for sessions to end. */
export const shortSession = 1500

/** Milliseconds, for all others: no machine is so busy that such a session expires. */
const longSession = 20_000

/** Waits until a claim holds, for longer than any machine needs. */
export function eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 60_000, interval: 20 })
}

/** A session whose events are written down. */
export interface Recorded {
  readonly session: Session
  /** Names of events in order; warnings with their message. */
  readonly events: string[]
  readonly warnings: string[]
}

const open: Session[] = []

/** Opens sessions that are closed after the test. */
export function openSession(connectionString: string, options: SessionOptions = {}): Recorded {
  const session = new Session(connectionString, { sessionTimeout: longSession, ...options })
  open.push(session)
  const events: string[] = []
  const warnings: string[] = []
  session.on('connected', ({ isNew }) => events.push(isNew ? 'connected new' : 'connected'))
  session.on('suspended', () => events.push('suspended'))
  session.on('lost', () => events.push('lost'))
  session.on('unreachable', () => events.push('unreachable'))
  session.on('closed', () => events.push('closed'))
  session.on('warning', ({ message }) => warnings.push(message))
  return { session, events, warnings }
}

export function closeSessionsAfterEach(): void {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((session) => session.close()))
  })
}

/** A server for all tests of a file, and a place of its own for each. */
export function useServer(options: ServerOptions = {}): {
  server(): ZooKeeperServer
  /** The server's connection string with a chroot that no other test uses. */
  place(): string
} {
  let server: ZooKeeperServer | undefined
  let places = 0
  beforeAll(async () => {
    server = await startZooKeeper(options)
  })
  afterAll(async () => {
    await server?.dispose()
  })
  const started = (): ZooKeeperServer => {
    if (server === undefined) throw new Error('the server is not started')
    return server
  }
  return {
    server: started,
    place: () => `${started().connectionString}/place${places++}`,
  }
}

/** What a load balancer sees: every set of providers, in order. */
export function recordProviders(
  session: Session,
  path: string,
): { sets: string[]; latest(): ReadonlyMap<string, Properties> | undefined } {
  const sets: string[] = []
  const watch = session.watchProviders(path, (providers) => {
    sets.push([...providers.keys()].join(' '))
  })
  return { sets, latest: () => watch.value }
}
