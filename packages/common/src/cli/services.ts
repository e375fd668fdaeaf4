/** The parts of a command that begin and end. */

/** A part of a command. What it needs of the others it is given when it is made. */
export interface Service {
  /** Resolves when it is of use to the services after it. Called once. */
  start(): Promise<void>
  /**
   * Called at most once, even if {@link start} has not resolved. Resolves when nothing of it is
   * left.
   */
  stop(): Promise<void>
}

/**
 * Starts services in their order, and stops them the other way round when `stopped` resolves. That
 * may be before all have started: those behind are left out. Rejects if one of them does.
 */
export async function runServices(
  services: readonly Service[],
  stopped: Promise<unknown>,
): Promise<void> {
  const begun: Service[] = []
  const isStopped = stopped.then(() => true)
  for (const service of services) {
    begun.unshift(service)
    // Starting may take without limit, and stopping must not wait for it.
    if (await Promise.race([service.start().then(() => false), isStopped])) break
  }
  await isStopped
  for (const service of begun) await service.stop()
}
