/** What an HTTP server may do wrong. */

/** Its response cannot be understood, or broke off. The message is for the log. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault'
}
