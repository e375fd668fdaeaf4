/** The field X-Resumelb-Warm of responses, by which a server says what it had in its caches. Pure. */

const number = /^(\d{1,15})(?:\/([1-9]\d{0,14}))?$/

/**
 * How many leading links of a chain of this length were warm. The value is their number, or a part
 * of the whole in any unit, such as `1024/4096` for tokens. Undefined if it is neither.
 */
export function warmDepth(value: string, chainLength: number): number | undefined {
  const match = number.exec(value)
  if (match === null) return undefined
  const count = Number(match[1])
  const depth = match[2] === undefined ? count : (count / Number(match[2])) * chainLength
  return Math.min(depth, chainLength)
}
