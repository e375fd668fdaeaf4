/** Faults of the upstream server. */

/** Its response is invalid, or was aborted. The message is for the log. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault'
  /** Whether the server has closed the connection, and what it sent was valid so far. */
  readonly isClose: boolean

  constructor(message: string, { isClose = false }: { readonly isClose?: boolean } = {}) {
    super(message)
    this.isClose = isClose
  }
}
