/** What proxies in front say of a client: `Forwarded` (RFC 7239) and the X-Forwarded-* fields. Pure. */
import { isIP } from 'node:net'
import { trimBlanks } from '@resumelb/common'
import type { RequestFacts } from './request-fields.ts'

const pair = /[\s;]*([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)[\s;]*(,|$)?/y

/** The elements of a `Forwarded` field, by lower-case parameter; none if it is malformed. */
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
 * Takes from `Forwarded` what is not said by X-Forwarded-*. If any of those has come, it is not
 * looked at: the proxy in front does not speak it, and may have left in what a stranger wrote.
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

/** The first of a list: what the first proxy has seen of the client. */
export function firstItem(value: string): string {
  const comma = value.indexOf(',')
  return trimBlanks(comma < 0 ? value : value.slice(0, comma))
}

/** The scheme that the first item of an X-Forwarded-Proto names, if it names one. */
export function schemeOf(value: string): 'http' | 'https' | undefined {
  const scheme = firstItem(value).toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

/** The port that the first item of an X-Forwarded-Port names, if it names one. */
export function portOf(value: string): string | undefined {
  const port = firstItem(value)
  return /^\d{1,5}$/.test(port) && Number(port) <= 65_535 ? port : undefined
}

/** The port that a client has asked: that of the site, or the usual one of the scheme. */
export function sitePort(site: string | undefined, scheme: 'http' | 'https'): string {
  const usual = scheme === 'https' ? '443' : '80'
  if (site === undefined) return usual
  const colon = site.lastIndexOf(':')
  if (colon < 0 || site.endsWith(']')) return usual
  return portOf(site.slice(colon + 1)) ?? usual
}

/** The address in an item of a list: IPv4 or IPv6, in brackets or not, with a port or without. */
export function addressOf(item: string): string | undefined {
  if (isIP(item) !== 0) return item
  const match = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(item)
  const address = match?.[1] ?? match?.[2] ?? ''
  return isIP(address) === 0 ? undefined : address
}
