/** Reads bodies of requests to the admin server, most of which must be JSON objects. */
import type { IncomingMessage } from 'node:http'

/** Bytes of the longest body that is read. */
export const maxBodyLength: number = 16 * 1024

/** The body of a request is not what it should be. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Rejects with a {@link BodyError}. An empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  // Forms of other sites can send anything else without asking.
  if (type !== 'application/json') {
    throw new BodyError(415, 'Expected Content-Type: application/json.')
  }
  const text = (await readBody(request, maxBodyLength)).toString()
  const value = text.trim() === '' ? {} : parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new BodyError(400, 'Expected a JSON object.')
}

/** Rejects with a {@link BodyError} if the body is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw new BodyError(413, `The body is longer than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BodyError(400, `The body is not JSON: ${(cause as Error).message}`)
  }
}
