/** Applies a transition of the state table to a stream. Pure. */
import { ProtocolError } from './errors.ts'
import type { StateRow, Transition } from './stream-state.ts'

/**
 * The state after a transition, or undefined if nothing is to be sent. Throws if it is out of
 * order.
 */
export function stateAfter(id: number, { does, to, why }: Transition): StateRow | undefined {
  if (does === 'enter' || does === 'answer') return to
  if (does === 'ignore') return undefined
  if (does === 'violation') throw violation(id, why)
  throw new Error(`stream ${id} ${why}`)
}

/** The peer has violated the protocol. */
export function violation(id: number, what: string): ProtocolError {
  return new ProtocolError('BAD_STREAM', `stream ${id} ${what}`)
}
