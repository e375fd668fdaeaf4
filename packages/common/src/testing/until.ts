/** Milliseconds between two looks. */
const lookInterval = 2

/**
 * Resolves when a condition holds, for what no event tells. Rejects, with what was waited for, after
 * `patience` milliseconds: long enough for the busiest machine.
 */
export async function until(
  holds: () => unknown,
  what: string = String(holds),
  patience = 20_000,
): Promise<void> {
  const end = performance.now() + patience
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it has not come true in ${patience} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, lookInterval))
  }
}
