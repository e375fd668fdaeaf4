/** The work of one load balancer in progress at this worker. */
export class BalancerTally {
  /** Requests in progress or queued. */
  requests = 0
  /** Estimated seconds of work for those. */
  seconds = 0

  /** Those among them that are upgraded connections: no work is expected of them. */
  upgraded = 0
  /** Requests so far. */
  begun = 0

  begin(seconds: number): void {
    this.begun++
    this.requests++
    this.seconds += seconds
  }

  end(seconds: number): void {
    this.requests--
    // Rounding errors must not accumulate.
    this.seconds = this.inProgress === 0 ? 0 : Math.max(0, this.seconds - seconds)
  }

  /** So many seconds of the estimated work of a request in progress are done. */
  progress(seconds: number): void {
    this.seconds = Math.max(0, this.seconds - seconds)
  }

  /** Requests that are work: in progress or queued, without upgraded connections. */
  get inProgress(): number {
    return this.requests - this.upgraded
  }

  /** A request in progress becomes an upgraded connection. */
  upgrade(seconds: number): void {
    this.end(seconds)
    this.requests++
    this.upgraded++
  }

  /** An upgraded connection is closed. */
  endUpgraded(): void {
    this.requests--
    this.upgraded--
  }
}
