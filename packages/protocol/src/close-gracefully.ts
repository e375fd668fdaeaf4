/** Closes a socket so that the peer has time, but no more than that, to read what was sent last. */
import type { Duplex } from 'node:stream'
import type { Clock } from '@resumelb/common'

/** Milliseconds that a peer which has got everything has to close its side. */
const closeTimeout = 1_000

/** Ends the socket; destroys it when the peer does not take the rest in `timeout` milliseconds. */
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
