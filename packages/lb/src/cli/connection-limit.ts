/** Limits the client connections by the number of files that a process may open. */

import type { Server } from 'node:net'

/** What makes a server drop every connection; 0 means no limit to Node.js 20. */
const none = -1

/** Keeps the connections of several servers together below a limit. More are closed at once. */
export class ConnectionCap {
  readonly #servers: readonly Server[]
  readonly #max: number
  #open = 0

  constructor(servers: readonly Server[], max: number) {
    this.#servers = servers
    this.#max = max
    for (const server of servers) {
      server.maxConnections = max
      server.on('connection', (socket) => {
        this.#count(1)
        socket.once('close', () => this.#count(-1))
      })
    }
  }

  #count(change: 1 | -1): void {
    const wasFull = this.#open >= this.#max
    this.#open += change
    const isFull = this.#open >= this.#max
    if (isFull === wasFull) return
    for (const server of this.#servers) server.maxConnections = isFull ? none : this.#max
  }
}

/** Descriptors that are kept for workers, logs and what else the process opens. */
const reserve = 256

/** Maximum share of all descriptors to reserve, for processes with few. */
const reservedShare = 0.25

/**
 * The number of connections that are accepted: `wanted`, but no more than leaves enough descriptors
 * for everything else. Beyond that, the system would close connections without any message.
 * `undefined` if there is no limit.
 */
export function connectionLimit(
  openFiles: number | undefined,
  wanted: number | undefined,
): number | undefined {
  if (openFiles === undefined) return wanted
  const reserved = Math.min(reserve, openFiles * reservedShare)
  return Math.min(wanted ?? openFiles, Math.max(1, Math.floor(openFiles - reserved)))
}

/** The limit of open files of this process; `undefined` if there is none, or it is unknown. */
export function openFilesLimit(): number | undefined {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }
  // Otherwise the report would resolve the names of all connected peers.
  report.excludeNetwork = true
  const { userLimits } = report.getReport() as unknown as Report
  const limit = Number(userLimits?.open_files?.soft)
  return limit > 0 ? limit : undefined
}

interface Report {
  readonly userLimits?: { readonly open_files?: { readonly soft: number | 'unlimited' } }
}
