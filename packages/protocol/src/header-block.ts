/**
 * Header fields as one string. A head with 24 fields then costs one packed string instead of 48,
 * and if a handler reads no fields, the block is never split.
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

/** The first value of a field in a block, without splitting the block. */
export function fieldOf(block: string, lowerCaseName: string): string | undefined {
  for (let at = 0, end = 0; at < block.length; at = end + 1) {
    const nameEnd = block.indexOf('\n', at)
    end = block.indexOf('\n', nameEnd + 1)
    if (end < 0) end = block.length
    const isAsLong = nameEnd - at === lowerCaseName.length
    if (isAsLong && block.slice(at, nameEnd).toLowerCase() === lowerCaseName) {
      return block.slice(nameEnd + 1, end)
    }
  }
  return undefined
}

/**
 * A block of a request for an upgrade, or of the response that grants it: the fields of `block`,
 * and the two that ask for the protocol, or name it.
 */
export function withUpgrade(block: string, protocol: string): string {
  const fields = `Connection\nUpgrade\nUpgrade\n${protocol}`
  return block === '' ? fields : `${block}\n${fields}`
}

/** The protocol that a block asks for, or names; `undefined` if it is that of any other message. */
export function upgradeOf(block: string): string | undefined {
  return fieldOf(block, 'upgrade')
}
