/** Faults of the upstream server. */

/** Its response is invalid, or was aborted. The message is for the log. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault'
}
