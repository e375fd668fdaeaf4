/** Finds the end of request bodies, by length or in chunks, and passes on their bytes. */
import { ChunkedDecoder } from './chunked-decoder.ts'

/** Receives what a {@link BodyReader} finds. */
export interface BodyReaderOwner {
  /** Bytes after the body. Called before `onBodyEnd`. */
  onBytesBehindBody(bytes: Buffer): void
  /** Returns false if the next piece should wait. */
  onBodyPiece(piece: Buffer): boolean
  /** The rest of the body should wait: the last piece returned false. */
  onBodyHeld(): void
  /** The body is complete. */
  onBodyEnd(rawTrailers: string[]): void
  /** The chunks are invalid, so the start of the next request is unknown. */
  onBodyMalformed(): void
}

export class BodyReader {
  readonly #maxTrailerLength: number
  readonly #owner: BodyReaderOwner
  /** Bytes of the body that have not arrived; `Infinity` for a chunked body. */
  #missing = 0
  #decoder: ChunkedDecoder | undefined

  constructor(maxTrailerLength: number, owner: BodyReaderOwner) {
    this.#maxTrailerLength = maxTrailerLength
    this.#owner = owner
  }

  /** Whether part of a body is still missing. */
  get isReading(): boolean {
    return this.#missing > 0
  }

  /** Starts the next body, with this number of bytes, or chunked if the length is negative. */
  begin(contentLength: number): void {
    if (contentLength < 0) this.#decoder = new ChunkedDecoder(this.#maxTrailerLength)
    this.#missing = contentLength < 0 ? Number.POSITIVE_INFINITY : contentLength
  }

  /** Consumes bytes that start with a part of the body. Only while {@link isReading}. */
  read(bytes: Buffer): void {
    if (this.#decoder !== undefined) return this.#readChunks(this.#decoder, bytes)
    const piece = bytes.length > this.#missing ? bytes.subarray(0, this.#missing) : bytes
    this.#missing -= piece.length
    const owner = this.#owner
    if (piece.length < bytes.length) owner.onBytesBehindBody(bytes.subarray(piece.length))
    const goesOn = owner.onBodyPiece(piece)
    if (this.#missing === 0) owner.onBodyEnd([])
    else if (!goesOn) owner.onBodyHeld()
  }

  #readChunks(decoder: ChunkedDecoder, bytes: Buffer): void {
    const owner = this.#owner
    const decoded = decoder.decode(bytes)
    if (decoded === undefined) {
      this.#missing = 0
      return owner.onBodyMalformed()
    }
    const { data, end } = decoded
    let goesOn = true
    for (const piece of data) goesOn = owner.onBodyPiece(piece)
    if (end === undefined) {
      if (!goesOn) owner.onBodyHeld()
      return
    }
    this.#decoder = undefined
    this.#missing = 0
    if (end < bytes.length) owner.onBytesBehindBody(bytes.subarray(end))
    owner.onBodyEnd(decoder.trailers)
  }
}
