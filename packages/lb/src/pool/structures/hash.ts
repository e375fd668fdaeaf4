/** Hashes that every load balancer computes alike. */

/**
 * A 32-bit finaliser: every bit of the input sways every bit of the output (murmur3's `fmix32`).
 */
export function mix32(number: number): number {
  let hash = number | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * An unsigned 32-bit hash of the text's UTF-16 units: FNV-1a, whose weak high bits are then mixed.
 */
export function hashString(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  return mix32(hash)
}

/** An unsigned 32-bit hash of two integers; their order matters. */
export function hashPair(a: number, b: number): number {
  return mix32(a ^ mix32(b + 0x9e3779b9))
}
