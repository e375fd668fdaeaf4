/** Reads a status server's document: everything until the end of the connection. */
import { connect } from 'node:net'
import type { Status } from '../../admin/status.ts'

/** Characters of the longest document that is read. */
const maxLength = 16 * 1024 * 1024

/** There is no document; the message says why, in plain words. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
}

/** The text of the document. Rejects with a {@link StatusError}; `timeout` is in milliseconds. */
export function readStatusText(path: string, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(path)
    const fail = (reason: string) => {
      socket.destroy()
      reject(new StatusError(reason))
    }
    const deadline = setTimeout(
      () => fail(`${path} did not answer within ${timeout / 1000} s`),
      timeout,
    )
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > maxLength) fail(`${path} sends too much`)
    })
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      fail(reasonOf(path, code, message)),
    )
    socket.once('close', () => clearTimeout(deadline))
    socket.once('end', () => resolve(text))
  })
}

/** The document. Rejects with a {@link StatusError} if it is none. */
export async function readStatus(path: string, timeout: number): Promise<Status> {
  const text = await readStatusText(path, timeout)
  const status = parse(text)
  if (Array.isArray(status?.workers)) return status
  throw new StatusError(`${path} gave no status: is it the socket of a --status-server?`)
}

function parse(text: string): Status | undefined {
  try {
    return JSON.parse(text) as Status
  } catch {
    return undefined
  }
}

function reasonOf(path: string, code: string | undefined, message: string): string {
  if (code === 'ENOENT') return `there is no socket at ${path}: is the load balancer running?`
  if (code === 'ECONNREFUSED') return `no load balancer listens at ${path}`
  if (code === 'EACCES') return `no permission to open ${path}`
  return `cannot read ${path}: ${message}`
}
