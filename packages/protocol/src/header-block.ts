/**
 * Header fields as one string. A head with 24 fields then costs one packed string instead of 48,
 * and a handler that never reads a field never pays for taking the block apart.
 *
 * Names and values alternate, as in Node's `rawHeaders`, each but the last followed by a line feed.
 * HTTP forbids line feeds in both.
 */

/** `rawHeaders` as one string: `Host`, LF, `a.example`, LF, `Accept`, LF, ... */
export function joinHeaders(rawHeaders: readonly string[]): string {
  return rawHeaders.join('\n')
}

/** The alternating names and values of a block. */
export function splitHeaders(block: string): string[] {
  return block === '' ? [] : block.split('\n')
}
