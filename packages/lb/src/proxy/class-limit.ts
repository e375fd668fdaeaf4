/** The limit of requests in progress of one class. Pure. */
import type { RequestClass } from '@resumelb/protocol'

export interface ClassLimitOptions {
  /** Maximum number of requests in progress of one class; 0: no limit. May change. */
  readonly classLimit: number
}

/** Memory is bounded by the requests in progress. Without a limit, nothing is counted. */
export class ClassLimit {
  readonly #options: ClassLimitOptions
  readonly #counts = new Map<RequestClass, number>()

  constructor(options: ClassLimitOptions) {
    this.#options = options
  }

  /** Whether a request of the class may begin. */
  allows(requestClass: RequestClass): boolean {
    const { classLimit } = this.#options
    return classLimit === 0 || (this.#counts.get(requestClass) ?? 0) < classLimit
  }

  /** Counts a request. Returns whether {@link end} is to be called at its end. */
  begin(requestClass: RequestClass): boolean {
    if (this.#options.classLimit === 0) return false
    this.#counts.set(requestClass, (this.#counts.get(requestClass) ?? 0) + 1)
    return true
  }

  end(requestClass: RequestClass): void {
    const count = (this.#counts.get(requestClass) ?? 0) - 1
    if (count > 0) this.#counts.set(requestClass, count)
    else this.#counts.delete(requestClass)
  }
}
