/**
 * A discovery as services: one that finds the workers, one that tells others of the load balancer.
 */
import type { Logger, TcpAddress } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type { Discovery } from '../discovery/discovery.ts'
import type { LoadBalancer } from '../load-balancer.ts'

/**
 * The first is for before the load balancer listens, the second for afterwards. `addressOf` gives
 * the address to register, if it listens at one that others can use. Whichever is stopped first
 * closes the discovery.
 */
export function discoveryServices(
  discovery: Discovery,
  balancer: LoadBalancer,
  addressOf: () => TcpAddress | undefined,
  log: Logger,
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
    const address = addressOf()
    if (discovery.listening === undefined) return
    if (address !== undefined) await discovery.listening(address.host, address.port)
    else log.info({}, 'not registered: other machines cannot connect to unix sockets')
  }
  return [
    { start, stop },
    { start: register, stop },
  ]
}
