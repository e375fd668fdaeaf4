/** What was refused before it was a request, as the access log has it. Pure. */
import type { RefusedInput } from '../events.ts'
import type { RefusedConnection } from '../http/failures.ts'
import type { Repetition } from './repeated-lines.ts'

export interface Refusal extends Partial<Repetition> {
  readonly remoteAddress: string
  /** `undefined` for a connection that was closed before it carried anything. */
  readonly status: number | undefined
  /** The name of the failure, or of the cause. */
  readonly failure: string
  readonly detail: string | undefined
  /** The id that the answer has, if there is one. */
  readonly id: string | undefined
}

export function refusalOfInput({
  reason,
  status,
  remoteAddress,
  id,
  detail,
}: RefusedInput): Refusal {
  return { remoteAddress, status, failure: reason, detail, id }
}

export function refusalOfConnection({ cause, reason, remoteAddress }: RefusedConnection): Refusal {
  return { remoteAddress, status: undefined, failure: cause, detail: reason, id: undefined }
}
