/** The work of one load balancer in progress at this worker. */
export class BalancerTally {
  /** Requests in progress or queued. */
  requests = 0
  /** Estimated seconds of work for those. */
  seconds = 0

  begin(seconds: number): void {
    this.requests++
    this.seconds += seconds
  }

  end(seconds: number): void {
    this.requests--
    // Rounding errors must not accumulate.
    this.seconds = this.requests === 0 ? 0 : Math.max(0, this.seconds - seconds)
  }
}
