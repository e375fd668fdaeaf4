/**
 * Keeps a log file that cannot be written, on a full disk for instance, from keeping the process.
 */

/** As much of pino's destinations as matters here. */
export interface LogFile {
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'close', listener: () => void): unknown
  destroy(): void
}

/**
 * Reports the first error. After it, what could not be written is given up when the process exits:
 * pino would try to write it then without end, until a SIGKILL.
 */
export function watchForLoss(file: LogFile, onError: (error: Error) => void): void {
  let isLost = false
  file.on('error', (error) => {
    if (isLost) return
    isLost = true
    // Before pino's own listener.
    const giveUp = () => file.destroy()
    process.prependOnceListener('exit', giveUp)
    file.once('close', () => process.off('exit', giveUp))
    onError(error)
  })
}
