/** Members of Node's `ServerResponse` that its types do not declare. */
import { OutgoingMessage, type ServerResponse } from 'node:http'
import { findSymbol, symbolNamed } from './symbol-named.ts'

export interface ResponseInternals {
  _header: string | null
  _hasBody: boolean
  readonly _removedContLen: boolean
  _trailer: string
  _closed: boolean
  shouldKeepAlive: boolean
  socket: unknown
  _implicitHeader(): void
}

const outHeaders = symbolNamed(new OutgoingMessage(), 'kOutHeaders')

/** Node's own table of header fields, which `setHeader` fills. */
export function fieldTableOf(response: ServerResponse): unknown {
  return (response as unknown as Record<symbol, unknown>)[outHeaders]
}

/**
 * Where newer releases of Node.js (such as 24.21) store `writableFinished`; others compute it from
 * the buffered bytes.
 */
const writableFinished = findSymbol(new OutgoingMessage(), 'kWritableFinished')

/**
 * Whether this Node.js calls the callbacks of `end` itself, before the event `finish`. In others,
 * they are listeners of that event.
 */
export const callsBackBeforeFinish: boolean = writableFinished !== undefined

/** Sets `writableFinished` if it is stored. */
export function setWritableFinished(response: ServerResponse): void {
  if (writableFinished === undefined) return
  ;(response as unknown as Record<symbol, unknown>)[writableFinished] = true
}
