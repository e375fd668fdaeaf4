/** The connection to a worker, with its {@link Silence}. */
import type { Address } from '@resumelb/common'
import {
  Connection,
  type ConnectionHandler,
  type DialledSocket,
  type Identity,
} from '@resumelb/protocol'
import { Silence, type SilenceContext } from './silence.ts'

/**
 * Milliseconds of silence after which a worker is asked whether it is there. Shorter than the
 * default of the protocol: a worker that does not answer gets nothing more, which harms none.
 */
const pingAfter = 1_000

export interface WatchedConnection {
  readonly connection: Connection
  readonly silence: Silence
}

/** Takes over a socket that is connected to the address. */
export function watchedConnection(
  socket: DialledSocket,
  address: Address,
  context: SilenceContext & { readonly identity: Identity },
  handler: ConnectionHandler,
): WatchedConnection {
  const { identity, clock } = context
  const silence = new Silence(socket, address, context)
  const onClose: ConnectionHandler['onClose'] = (reason) => {
    silence.stop()
    handler.onClose(reason)
  }
  const watched = { ...handler, ...silence.handler, onClose }
  const self = { ...identity, handsOver: true, sizes: true }
  return { connection: new Connection(socket, self, watched, { pingAfter }, clock), silence }
}
