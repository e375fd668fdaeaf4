/** Where a connection comes from, for logs. */
import type { Socket } from 'node:net'

export function originOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? 'unix:' : `${remoteAddress}:${remotePort}`
}
