/** What a connection reports that was lost without a GOODBYE. Pure. */
import { ProtocolError } from './errors.ts'
import { explainTls } from './tls/explain.ts'

/**
 * `cause` is the error of the socket, if there was one; `isKnown` whether the peer's HELLO has
 * come.
 */
export function lossOf(cause: Error | undefined, isKnown: boolean): ProtocolError {
  const refusal = cause && explainTls(cause, 'the peer')
  if (refusal !== undefined) return new ProtocolError('TLS_FAILED', refusal, { cause })
  const what = isKnown ? 'connection lost' : 'connection lost before a HELLO'
  const message = cause ? `${what}: ${cause.message}` : what
  return new ProtocolError('DISCONNECTED', message, { cause })
}
