/** How many connections of clients there may be at once, given the files that a process may open. */

/** Descriptors that are kept for workers, logs and what else the process opens. */
const reserve = 256

/** The part of all descriptors that is kept at most, where few may be open. */
const reservedShare = 0.25

/**
 * Connections that leave enough descriptors for all else; `undefined`: as many as come. Without such a
 * limit, the system would close what is too much, and nobody would hear of it.
 */
export function connectionLimit(openFiles: number | undefined): number | undefined {
  if (openFiles === undefined) return undefined
  return Math.max(1, Math.floor(openFiles - Math.min(reserve, openFiles * reservedShare)))
}

/** Files that this process may open at once; `undefined` if there is no limit, or none is known. */
export function openFilesLimit(): number | undefined {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }
  // Otherwise it would ask for the names of whom the process is connected to.
  report.excludeNetwork = true
  const { userLimits } = report.getReport() as unknown as Report
  const limit = Number(userLimits?.open_files?.soft)
  return limit > 0 ? limit : undefined
}

interface Report {
  readonly userLimits?: { readonly open_files?: { readonly soft: number | 'unlimited' } }
}
