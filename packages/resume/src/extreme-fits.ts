/** What requests of a class would take by their size if nothing or everything were warm. */
import { SizeFit } from './size-fit.ts'

/**
 * An error about what is warm makes a fit that agrees with it: if requests are slow that are taken
 * for warm, the fit says that warm ones are slow. These two do not depend on the estimate.
 */
export class ExtremeFits {
  readonly #cold = new SizeFit()
  readonly #warm = new SizeFit()

  /** The fit that explains the times best: the given one, or one of these. */
  better(fit: SizeFit): SizeFit {
    let best = fit
    for (const other of [this.#cold, this.#warm]) {
      if (other.isMature && other.scatter < best.scatter) best = other
    }
    return best
  }

  /** A request had so many units, and so many that were not warm if all is that can be. */
  add(units: number, uncached: number, seconds: number, window: number): void {
    this.#cold.add(units, seconds, 0, window)
    this.#warm.add(uncached, seconds, 0, window)
  }
}
