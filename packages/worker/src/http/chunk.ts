/** Converts what applications write to a response to bytes. Pure. */
import { Buffer } from 'node:buffer'

export type Chunk = string | Uint8Array

/** What a stream can send unchanged: bytes, or a text that is sent in UTF-8. */
export function toBody(chunk: Chunk, encoding: BufferEncoding | undefined): Buffer | string {
  const isUtf8 = encoding === undefined || encoding === 'utf8' || encoding === 'utf-8'
  return typeof chunk === 'string' && isUtf8 ? chunk : toBuffer(chunk, encoding)
}

/** Throws a TypeError, as Node does, for an invalid chunk. */
export function toBuffer(chunk: Chunk, encoding: BufferEncoding | undefined): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding)
  if (Buffer.isBuffer(chunk)) return chunk
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  if (chunk === null) {
    throw Object.assign(new TypeError('May not write null values to stream'), {
      code: 'ERR_STREAM_NULL_VALUES',
    })
  }
  throw Object.assign(
    new TypeError(
      `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received ${typeof chunk}`,
    ),
    { code: 'ERR_INVALID_ARG_TYPE' },
  )
}
