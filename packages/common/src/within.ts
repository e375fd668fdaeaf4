/** Waits for something, and no longer than that. */
import { type Clock, systemClock } from './clock.ts'

/**
 * Whether a promise resolves within `timeout` milliseconds. Rejects as the promise does, if in
 * time.
 */
export async function within(
  timeout: number,
  promise: Promise<unknown>,
  clock: Clock = systemClock,
): Promise<boolean> {
  let cancel = (): void => undefined
  const late = new Promise<false>((resolve) => {
    cancel = clock.after(timeout, () => resolve(false))
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    cancel()
  }
}
