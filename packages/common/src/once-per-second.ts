/**
 * Text that changes with the second, such as a date, is made once for all who need it in that
 * second.
 */
export function oncePerSecond(make: (now: Date) => string): () => string {
  let text = ''
  let madeAt = 0
  return () => {
    const now = Date.now()
    const second = Math.floor(now / 1000)
    if (second !== madeAt) {
      madeAt = second
      text = make(new Date(now))
    }
    return text
  }
}
