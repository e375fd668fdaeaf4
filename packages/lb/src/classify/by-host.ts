/** Classifies requests by host. */
import type { RequestClass } from '@resumelb/protocol'
import type { RequestView } from '../http/request-view.ts'
import { readHeader } from './attribute.ts'
import { defaultClass } from './classifier.ts'

/** Normalises a host name: lower case, no port, no trailing dot, no `www.`. */
export function classifyByHost(request: RequestView): RequestClass {
  const host = readHeader(request, 'host')
  return host === undefined ? defaultClass : siteOf(host)
}

const upperCase = /[A-Z]/

function siteOf(host: string): RequestClass {
  let site = upperCase.test(host) ? host.toLowerCase() : host
  const colon = site.lastIndexOf(':')
  // The colons of an IPv6 address are in brackets.
  if (colon >= 0 && !site.includes(']', colon)) site = site.slice(0, colon)
  if (site.endsWith('.')) site = site.slice(0, -1)
  return site.startsWith('www.') ? site.slice(4) : site
}
