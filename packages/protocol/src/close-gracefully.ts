/** Closes a socket, giving the peer a limited time to read what was sent last. */
import type { Duplex } from 'node:stream'
import type { Clock } from '@resumelb/common'

/** Milliseconds that the peer has to close its side after it has received everything. */
const closeTimeout = 1_000

/**
 * Ends the socket; destroys it if the peer does not read the rest within `timeout` milliseconds.
 */
export function closeGracefully(socket: Duplex, timeout: number, clock: Clock): void {
  if (socket.destroyed) return
  const destroy = () => socket.destroy()
  let cancel = clock.after(timeout, destroy)
  socket.once('finish', () => {
    cancel()
    cancel = clock.after(closeTimeout, destroy)
  })
  socket.once('close', () => cancel())
  socket.end()
  // Discards what the peer still sends: with unread bytes, TCP would reset the connection instead.
  socket.resume()
}
