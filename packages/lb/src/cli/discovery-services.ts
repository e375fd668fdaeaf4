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
  const stop = stoppedWith(discovery)
  const start = () =>
    discovery.start({
      onWorkers: (addresses, missing) => balancer.setWorkers(addresses, missing),
      onSettings: (settings) => balancer.updateSettings(settings),
    })
  return [
    { start, stop },
    { start: () => register(discovery, addressOf, log), stop },
  ]
}

/** The same for a process that has no clients, and tells of others: without workers. */
export function registrationServices(
  discovery: Discovery,
  addressOf: () => TcpAddress | undefined,
  log: Logger,
): [workers: readonly Service[], registration: readonly Service[]] {
  if (discovery.listening === undefined) return [[], []]
  const listener = { onWorkers: () => undefined, onSettings: () => undefined }
  const stop = stoppedWith(discovery)
  return [
    [{ start: () => discovery.start(listener), stop }],
    [{ start: () => register(discovery, addressOf, log), stop }],
  ]
}

function stoppedWith(discovery: Discovery): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= discovery.close()
    return closed
  }
}

async function register(
  discovery: Discovery,
  addressOf: () => TcpAddress | undefined,
  log: Logger,
): Promise<void> {
  const address = addressOf()
  if (discovery.listening === undefined) return
  if (address !== undefined) await discovery.listening(address.host, address.port)
  else log.info({}, 'not registered: other machines cannot connect to unix sockets')
}
