/** Calls all functions, even if some throw; then throws the first error. */
export function callEach(calls: readonly (() => void)[]): void {
  const errors: unknown[] = []
  for (const call of calls) {
    try {
      call()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
