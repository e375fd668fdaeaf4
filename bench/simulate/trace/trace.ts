/** Recorded requests, as JSON lines. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { UsageError } from '@resumelb/common/cli'

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

/** Characters of a wrong line that a message shows. */
const shownLength = 60

/**
 * Reads a file of JSON lines, which may be compressed (`.gz`). Throws a {@link UsageError} for a
 * line that is no request.
 */
export function readTrace(path: string): TraceRow[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  const rows = text
    .split('\n')
    .flatMap((line, i) => (line === '' ? [] : [rowIn(line, path, i + 1)]))
  if (rows.length === 0) throw new UsageError(`Expected requests in ${path}, got none`)
  return rows.sort((a, b) => a.t - b.t)
}

function rowIn(line: string, path: string, number: number): TraceRow {
  const row = parsed(line) as Partial<TraceRow> | null | undefined
  if (typeof row?.t === 'number' && typeof row.class === 'string') return row as TraceRow
  const shown = line.length > shownLength ? `${line.slice(0, shownLength)}…` : line
  throw new UsageError(`Expected JSON with t and class in line ${number} of ${path}, got ${shown}`)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
