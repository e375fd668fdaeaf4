/** Subscribes a connection to the events of its socket. */
import type { Buffer } from 'node:buffer'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface SocketListener {
  onBytes(chunk: Buffer): void
  onDrain(): void
  /** The peer has closed its side. May be called several times. */
  onLoss(cause: Error | undefined): void
}

export function listenTo(socket: Duplex, listener: SocketListener): void {
  // Frames are batched already: the kernel need not wait for more.
  if (socket instanceof Socket) socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => listener.onBytes(chunk))
  socket.on('drain', () => listener.onDrain())
  socket.on('end', () => listener.onLoss(undefined))
  socket.on('error', (error: Error) => listener.onLoss(error))
  socket.on('close', () => listener.onLoss(undefined))
  // A socket that closed earlier emits no further events.
  if (socket.destroyed) process.nextTick(() => listener.onLoss(undefined))
}
