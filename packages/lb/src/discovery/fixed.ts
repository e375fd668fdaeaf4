/** A fixed list of workers. */
import type { Address } from '@resumelb/common'
import type { Discovery } from './discovery.ts'

export function fixedWorkers(addresses: readonly (string | Address)[]): Discovery {
  return {
    start: async (listener) => listener.onWorkers(addresses),
    close: async () => undefined,
  }
}
