/** What the two processes of a hand-over tell each other. */

/**
 * `ready`: the successor serves clients. `released`: its predecessor has closed what only one of
 * them can have.
 */
export interface HandoverMessage {
  readonly handover: 'ready' | 'released'
}

export function isMessage(message: unknown, kind: HandoverMessage['handover']): boolean {
  return (message as Partial<HandoverMessage> | null)?.handover === kind
}
