/** Texts as bytes. Pure. */
import type { Buffer } from 'node:buffer'

/** Characters up to which a text is written in less time than a call out of JavaScript takes. */
const shortText = 24

/** Writes a text to `bytes` at `start`, where there must be room; returns where it ends. */
export function writeUtf8(text: string, bytes: Buffer, start: number): number {
  const { length } = text
  if (length > shortText) return start + bytes.write(text, start)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return start + bytes.write(text, start)
    bytes[start + i] = code
  }
  return start + length
}
