/** Places in an order of popularity, drawn by Zipf's law. */
import type { Random } from '../../simulate/random.ts'

/** Draws places from 0 to `count` - 1; the k-th place has a share as 1 / k ** exponent. */
export function createZipf(count: number, exponent: number, random: Random): () => number {
  const cumulated: number[] = []
  let sum = 0
  for (let place = 1; place <= count; place++) {
    sum += place ** -exponent
    cumulated.push(sum)
  }
  return () => {
    const wanted = random.next() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulated[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
