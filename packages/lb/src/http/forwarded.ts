/** Reads `Forwarded` (RFC 7239) and the X-Forwarded-* fields of trusted proxies. Pure. */
import { isIP } from 'node:net'
import { trimBlanks } from '@resumelb/common'
import type { RequestFacts } from './request-fields.ts'

const pair = /[\s;]*([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)[\s;]*(,|$)?/y

/**
 * The elements of a `Forwarded` field, by lower-case parameter; empty if the field is malformed.
 */
export function parseForwarded(value: string): ReadonlyMap<string, string>[] {
  const elements: Map<string, string>[] = [new Map()]
  pair.lastIndex = 0
  while (pair.lastIndex < value.length) {
    const match = pair.exec(value)
    if (match === null) return []
    const [, name = '', text = '', end] = match
    const isQuoted = text.startsWith('"')
    const plain = isQuoted ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
    elements.at(-1)?.set(name.toLowerCase(), plain)
    if (end === ',') elements.push(new Map())
  }
  return elements
}

/**
 * Takes from `Forwarded` what X-Forwarded-* do not say. If any of those is present, `Forwarded` is
 * ignored: the proxy does not support it, and may have passed on one that the client made up.
 */
export function withForwarded(facts: RequestFacts): RequestFacts {
  const { forwarded, forwardedFor, forwardedHost, forwardedProto } = facts
  if (forwarded === undefined) return facts
  if ((forwardedFor ?? forwardedHost ?? forwardedProto) !== undefined) return facts
  const elements = parseForwarded(forwarded)
  const hops = elements.map((element) => element.get('for') ?? 'unknown')
  const scheme = schemeOf(elements[0]?.get('proto') ?? '')
  return {
    ...facts,
    forwardedFor: hops.length > 0 ? hops.join(', ') : undefined,
    forwardedHost: elements[0]?.get('host'),
    forwardedProto: scheme,
  }
}

/** The first item of a list: what the first proxy knows about the client. */
export function firstItem(value: string): string {
  const comma = value.indexOf(',')
  return trimBlanks(comma < 0 ? value : value.slice(0, comma))
}

/** The scheme in the first item of X-Forwarded-Proto, if it is valid. */
export function schemeOf(value: string): 'http' | 'https' | undefined {
  const scheme = firstItem(value).toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

/** The port in the first item of X-Forwarded-Port, if it is valid. */
export function portOf(value: string): string | undefined {
  const port = firstItem(value)
  return /^\d{1,5}$/.test(port) && Number(port) <= 65_535 ? port : undefined
}

/** The port that the client used: the one in the host, or the default of the scheme. */
export function sitePort(site: string | undefined, scheme: 'http' | 'https'): string {
  const usual = scheme === 'https' ? '443' : '80'
  if (site === undefined) return usual
  const colon = site.lastIndexOf(':')
  if (colon < 0 || site.endsWith(']')) return usual
  return portOf(site.slice(colon + 1)) ?? usual
}

/** The address in an item of a list: IPv4 or IPv6, with or without brackets and port. */
export function addressOf(item: string): string | undefined {
  if (isIP(item) !== 0) return item
  const match = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(item)
  const address = match?.[1] ?? match?.[2] ?? ''
  return isIP(address) === 0 ? undefined : address
}
