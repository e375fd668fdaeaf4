/** A fixed list of workers. */
import type { WorkerAddress } from '../workers/worker-spec.ts'
import type { Discovery } from './discovery.ts'

export function fixedWorkers(workers: readonly (string | WorkerAddress)[]): Discovery {
  return {
    start: async (listener) => listener.onWorkers(workers),
    close: async () => undefined,
  }
}
