/**
 * Workers that a name in DNS stands for: `dns:NAME:PORT`, `srv:_SERVICE._PROTOCOL.DOMAIN`. Pure.
 */
import { isIP } from 'node:net'
import { formatAddress, OptionError } from '@resumelb/common'
import { maxCapacity, minCapacity } from '@resumelb/protocol'
import { splitShare, type WorkerShare, type WorkerSpec } from '../workers/worker-spec.ts'

/** A name, and how its workers are to be used. */
export interface WorkerName {
  /** As it is written; the same text is the same name. */
  readonly text: string
  /** `http` and `https` are plain HTTP servers; without a scheme they run `resumelb-worker`. */
  readonly scheme: 'http' | 'https' | undefined
  readonly kind: 'dns' | 'srv'
  /** What to look up, without the port. */
  readonly name: string
  /** Of `dns:`; records of `srv:` have their own. */
  readonly port: number
  readonly share: WorkerShare
}

/** One record of `srv:`, with the addresses of its host. */
export interface SrvTarget {
  readonly host: string
  readonly addresses: readonly string[]
  readonly port: number
  readonly priority: number
  readonly weight: number
}

const form = 'dns:NAME:PORT or srv:_SERVICE._PROTOCOL.DOMAIN, after http+ or https+ if need be'

const prefix = /^\s*(?:(https?)\+)?(dns|srv):(.*?)\s*$/i

const hostName = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/i

/**
 * Reads a name, after `standby=` or `capacity=NUMBER,` as before an address; `undefined` if the
 * text is no name but an address. Throws an {@link OptionError} if it is a name that cannot be.
 */
export function parseWorkerName(text: string, label: string): WorkerName | undefined {
  const { rest, share } = splitShare(text, label)
  const [, scheme, kind = '', place = ''] = prefix.exec(rest) ?? []
  if (kind === '') return undefined
  const [, name = '', digits] = /^(.*?)(?::(\d{1,5}))?$/.exec(place) ?? []
  const port = Number(digits ?? 0)
  const isDns = kind.toLowerCase() === 'dns'
  const refuse = (reason: string) => new OptionError(label, form, text, { reason })
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) throw refuse('an IP address needs no dns:')
  if (!hostName.test(name)) throw refuse(`'${name}' is no name`)
  if (isDns && !(port >= 1 && port <= 65_535)) throw refuse('the port is missing')
  if (!isDns && digits !== undefined) throw refuse('the records of srv: have the ports')
  return {
    text: text.trim(),
    scheme: scheme?.toLowerCase() as WorkerName['scheme'],
    kind: isDns ? 'dns' : 'srv',
    name,
    port,
    share,
  }
}

/** The workers at the addresses of a `dns:` name. */
export function workersAt(name: WorkerName, addresses: readonly string[]): WorkerSpec[] {
  const { port, share } = name
  return addresses.map((host) => specOf(name, { host, port }, { share, serverName: name.name }))
}

/**
 * The workers of the records of a `srv:` name. Those with the lowest priority number are used
 * first, the others are on standby. Different weights are capacities, 1 on average.
 */
export function workersOfTargets(name: WorkerName, targets: readonly SrvTarget[]): WorkerSpec[] {
  const first = Math.min(...targets.map(({ priority }) => priority))
  const mean = targets.reduce((sum, { weight }) => sum + weight, 0) / targets.length
  const isWeighted = targets.some(({ weight }) => weight !== mean)
  return targets.flatMap(({ host, addresses, port, priority, weight }) => {
    const capacity = Math.min(maxCapacity, Math.max(minCapacity, weight / mean))
    const share = {
      ...(priority > first && { standby: true }),
      ...(isWeighted && { capacity }),
      ...name.share,
    }
    return addresses.map((address) =>
      specOf(name, { host: address, port }, { share, serverName: host }),
    )
  })
}

function specOf(
  { scheme }: WorkerName,
  address: { readonly host: string; readonly port: number },
  { share, serverName }: Required<Pick<WorkerSpec, 'share' | 'serverName'>>,
): WorkerSpec {
  const text = formatAddress(address)
  const isAt = scheme === undefined ? text : `${scheme}://${text}`
  return { address: isAt, share, serverName: serverName.replace(/\.$/, '') }
}
