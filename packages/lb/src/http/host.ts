/** Validates the host of a request, from `Host` or the authority of a target. Pure. */
import { isIPv6 } from 'node:net'

const usual = /^[\w.~-]*(?::\d{1,4})?$/
/** A name, an IPv4 address, or an IPv6 address in brackets; optionally a colon and a port. */
const general = /^(?:([\w.~!$&'()*+;=%-]*)|\[([\da-f:.]+)\])(?::(\d{0,5}))?$/i
const badEscape = /%(?![\da-f]{2})/i
const maxPort = 65_535

/**
 * Whether this is a valid host with or without a port (RFC 9110 §7.2). It may be empty. A comma,
 * which the URI grammar allows in a name, is refused, because it also joins two values of a field.
 */
export function isHost(text: string): boolean {
  return usual.test(text) || isUnusualHost(text)
}

function isUnusualHost(text: string): boolean {
  const found = general.exec(text)
  if (found === null) return false
  const [, name = '', address, port = ''] = found
  if (address !== undefined && !isIPv6(address)) return false
  return !badEscape.test(name) && Number(port) <= maxPort
}
