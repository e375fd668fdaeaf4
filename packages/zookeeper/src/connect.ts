/** Opening a session and waiting for it. */
import { awaitedClock, OptionError } from '@resumelb/common'
import { ZooKeeperError } from './errors.ts'
import type { SessionOptions } from './options.ts'
import { Session, type Unreachable } from './session.ts'

export interface ConnectOptions extends SessionOptions {
  /**
   * Milliseconds to wait for the first connection; `Infinity` for daemons, which wait for as long
   * as it takes and say so with `unreachable`.
   */
  readonly connectTimeout?: number
  /** Ends the waiting for the first connection. */
  readonly signal?: AbortSignal
  /** Hears `unreachable` events from the start. */
  readonly onUnreachable?: (news: Unreachable) => void
  /** Hears `warning` events from the start. */
  readonly onWarning?: (warning: Error) => void
}

/** Milliseconds that {@link connect} waits by default. */
const defaultConnectTimeout = 10_000

/**
 * Opens a session and waits for its first connection. Fails with `UNREACHABLE` when the time is
 * over, naming the connection string and the last reason; nothing is left running then.
 */
export async function connect(
  connectionString: string,
  options: ConnectOptions = {},
): Promise<Session> {
  const { connectTimeout = defaultConnectTimeout, signal, onUnreachable, onWarning } = options
  if (!(connectTimeout > 0)) {
    throw new OptionError('connectTimeout', 'above 0', connectTimeout)
  }
  signal?.throwIfAborted()
  const session = new Session(connectionString, options)
  if (onUnreachable !== undefined) session.on('unreachable', onUnreachable)
  if (onWarning !== undefined) session.on('warning', onWarning)
  const late = new AbortController()
  const cancel = Number.isFinite(connectTimeout)
    ? awaitedClock.after(connectTimeout, () => late.abort(unreachable(session, connectTimeout)))
    : undefined
  try {
    const signals = signal === undefined ? [late.signal] : [late.signal, signal]
    await session.connected(AbortSignal.any(signals))
    return session
  } catch (error) {
    await session.close()
    throw error
  } finally {
    cancel?.()
  }
}

function unreachable(session: Session, timeout: number): ZooKeeperError {
  const { connectionString, lastFailure: cause } = session
  const reason = cause === undefined ? '' : `: ${cause.message}`
  return new ZooKeeperError(
    'UNREACHABLE',
    `cannot reach ZooKeeper at ${connectionString} within ${timeout / 1000} s${reason}`,
    { cause },
  )
}
