/** Keeps a log file that cannot be written, on a full disk for instance, from keeping the process. */

/** As much of pino's destinations as matters here. */
export interface LogFile {
  on(event: 'error', listener: (error: Error) => void): unknown
  destroy(): void
}

/**
 * Tells of the first error. After one, what could not be written is given up when the process exits:
 * pino would try to write it then, for ever, and only a SIGKILL would end that. The function returned
 * is for when the file may be written again: the next error is told like a first one.
 */
export function watchForLoss(file: LogFile, onError: (error: Error) => void): () => void {
  let isLost = false
  let isGuarded = false
  file.on('error', (error) => {
    if (isLost) return
    isLost = true
    // Before pino's own listener.
    if (!isGuarded) process.prependOnceListener('exit', () => isLost && file.destroy())
    isGuarded = true
    onError(error)
  })
  return () => {
    isLost = false
  }
}
