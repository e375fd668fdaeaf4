/** What one load balancer has in progress at this worker. */
export class BalancerTally {
  /** Requests in progress or waiting. */
  requests = 0
  /** Seconds of work that those are expected to take. */
  seconds = 0

  begin(seconds: number): void {
    this.requests++
    this.seconds += seconds
  }

  end(seconds: number): void {
    this.requests--
    // Errors of rounding do not pile up.
    this.seconds = this.requests === 0 ? 0 : Math.max(0, this.seconds - seconds)
  }
}
