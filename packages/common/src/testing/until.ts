/** Milliseconds between two looks. */
const lookInterval = 2

/**
 * Resolves when a condition holds, for what no event tells. Rejects after `patience` milliseconds,
 * long enough for the busiest machine, with what was waited for, or how things stand then.
 */
export async function until(
  holds: () => unknown,
  what: string | (() => string | Promise<string>) = String(holds),
  patience = 60_000,
): Promise<void> {
  const end = performance.now() + patience
  while (!(await holds())) {
    if (performance.now() > end) {
      const state = typeof what === 'string' ? what : await what()
      throw new Error(`not met within ${patience} ms: ${state}`)
    }
    await new Promise((resolve) => setTimeout(resolve, lookInterval))
  }
}
