/**
 * A discovery as services: one that finds the workers, one that tells others of the load balancer.
 */
import type { Address } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type { Discovery } from '../discovery/discovery.ts'
import type { LoadBalancer } from '../load-balancer.ts'

/**
 * The first is for before the load balancer listens, the second for afterwards. `addressOf` tells
 * where it does. Whichever is stopped first closes the discovery.
 */
export function discoveryServices(
  discovery: Discovery,
  balancer: LoadBalancer,
  addressOf: () => Address,
): [workers: Service, registration: Service] {
  let closed: Promise<void> | undefined
  const stop = () => {
    closed ??= discovery.close()
    return closed
  }
  const start = () =>
    discovery.start({
      onWorkers: (addresses, missing) => balancer.setWorkers(addresses, missing),
      onSettings: (settings) => balancer.updateSettings(settings),
    })
  const register = async () => {
    const { host, port } = addressOf()
    await discovery.listening?.(host, port)
  }
  return [
    { start, stop },
    { start: register, stop },
  ]
}
