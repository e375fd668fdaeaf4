/**
 * Breaks a client's connection so that the part of a response that was sent does not pass for all
 * of it.
 */
import type { Socket } from 'node:net'

/**
 * Destroys a socket. One whose end would look like the end of a body is reset, where that can be
 * done: TLS tells a cut from an end by itself, and sockets of the file system have no such thing.
 */
export function breakOffSocket(socket: Socket, endsBody: boolean): void {
  const isTcp = socket.remotePort !== undefined && !('encrypted' in socket)
  if (endsBody && isTcp) socket.resetAndDestroy()
  else socket.destroy()
}
