/** What processes do at signals. */
import { type Clock, systemClock } from '../clock.ts'

/** Milliseconds in which a second signal is a duplicate, sent by a terminal and by a parent. */
const sameSignalTime = 300

type Signal = NodeJS.Signals

/** Where signals come from: a process. */
export interface SignalSource {
  on(signal: Signal, listener: (signal: Signal) => void): unknown
}

/**
 * Resolves with the first SIGTERM or SIGINT. `onAgain` is called at each later one, for
 * operators who cannot wait until what is in progress is finished.
 */
export function shutdownSignal(
  onAgain: (signal: Signal) => void,
  source: SignalSource = process as SignalSource,
  clock: Clock = systemClock,
): Promise<Signal> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const leave = (signal: Signal) => {
      const now = clock.now()
      if (firstAt === undefined) {
        firstAt = now
        resolve(signal)
      } else if (now - firstAt >= sameSignalTime) {
        onAgain(signal)
      }
    }
    source.on('SIGTERM', leave)
    source.on('SIGINT', leave)
  })
}

/**
 * Takes their usual effect, mostly the end of the process, from signals that mean nothing to a
 * command: SIGUSR1, for one, would open Node's debugger. `tell` is called each time.
 */
export function ignoreSignals(
  signals: readonly Signal[],
  tell: (signal: Signal) => void,
  source: SignalSource = process as SignalSource,
): void {
  for (const signal of signals) source.on(signal, tell)
}
