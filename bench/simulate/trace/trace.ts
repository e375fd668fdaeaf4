/** Recorded requests, as JSON lines. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** One request of a trace: one line of the file. docs/model-servers.md describes the format. */
export interface TraceRow {
  /** When it comes, in seconds since the start. */
  readonly t: number
  /** What a load balancer routes by that knows no chains: a tenant, a conversation. */
  readonly class: string
  readonly session?: string
  /** Which request of its session it is, from 0. */
  readonly turn?: number
  /**
   * Seconds from the answer to the previous request of the session to this one. With `think`, only
   * the first request of a session comes at its time.
   */
  readonly think?: number
  /** Tokens of the prompt and of the answer. */
  readonly in?: number
  readonly out?: number
  /** Numbers of the blocks of the prompt. A number stands for the whole prompt up to its block. */
  readonly blocks?: readonly number[]
  /** Seconds of service where the class is in the caches, and where it is not. */
  readonly warm?: number
  readonly cold?: number
}

/** Tokens of a block of a prompt. */
export const blockTokens = 512

/** Reads a file of JSON lines, which may be compressed (`.gz`). */
export function readTrace(path: string): TraceRow[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  const rows = text.split('\n').filter((line) => line !== '')
  return rows.map((line) => JSON.parse(line) as TraceRow).sort((a, b) => a.t - b.t)
}
