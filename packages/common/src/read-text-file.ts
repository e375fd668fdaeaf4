/** Reads the text files that options name. */
import { closeSync, openSync, readSync } from 'node:fs'
import { OptionError } from './errors.ts'

/** Maximum bytes of a file, so that one that was named by mistake cannot fill the memory. */
const maxLength = 16 * 1024 * 1024

/** Bytes that are read at once. */
const pieceLength = 64 * 1024

/**
 * The text of the file that `option` names, of 16 MiB at most. Throws an {@link OptionError} with
 * the reason.
 */
export function readTextFile(path: string, option: string): string {
  try {
    return readBounded(path)
  } catch (cause) {
    const { message: reason } = cause as Error
    throw new OptionError(option, 'a file that can be read', path, { reason, cause })
  }
}

/** A pipe has no length that could be asked for before. */
function readBounded(path: string): string {
  const file = openSync(path, 'r')
  try {
    const pieces: Buffer[] = []
    for (let length = 0; length <= maxLength; ) {
      const piece = Buffer.alloc(pieceLength)
      const count = readSync(file, piece)
      if (count === 0) return Buffer.concat(pieces).toString('utf8')
      pieces.push(piece.subarray(0, count))
      length += count
    }
    throw new Error(`it has more than ${maxLength} bytes`)
  } finally {
    closeSync(file)
  }
}
