/**
 * Who may ask what of the admin server: the token, the Host and where a browser's page comes from.
 * Pure.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

export interface AccessOptions {
  /** What `Authorization: Bearer` must carry; `undefined`: there is none. */
  readonly token: string | undefined
  /** Whether it listens on a unix socket, whose permissions say who may connect. */
  readonly isUnixSocket: boolean
  /** Whether only processes of this machine can connect. */
  readonly isLocal: boolean
  /**
   * Names, besides IP addresses and localhost, that clients may know the server by; in lower case.
   */
  readonly hosts: ReadonlySet<string>
}

export interface AccessRequest {
  /** Whether it changes anything. */
  readonly isWriting: boolean
  readonly headers: IncomingHttpHeaders
  /**
   * Whether the answer says nothing that others must not know: health, and the page without its
   * data.
   */
  readonly isPublic: boolean
}

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403
  readonly message: string
}

/** `undefined` if the request may be answered. */
export function refusalOf(
  { isWriting, headers, isPublic }: AccessRequest,
  { token, isUnixSocket, isLocal, hosts }: AccessOptions,
): Refusal | undefined {
  // A page of another site whose name is made to point here (DNS rebinding) sends that name.
  if (!(isUnixSocket || isOwnHost(headers.host, hosts))) {
    return { status: 403, message: 'The Host is not one of this server: see --admin-host.' }
  }
  if (isFromOtherSite(headers)) {
    return { status: 403, message: 'The request comes from a page of another site.' }
  }
  if (isUnixSocket || isPublic || (isLocal && !isWriting)) return undefined
  if (token === undefined) {
    return {
      status: 403,
      message: 'Changes need a token (--admin-token-file), or the unix socket.',
    }
  }
  if (isToken(headers.authorization, token)) return undefined
  return { status: 401, message: 'Expected Authorization: Bearer TOKEN.' }
}

/** An IP address cannot be rebound: only names can. */
function isOwnHost(host: string | undefined, hosts: ReadonlySet<string>): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? '')
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase()
  return isIP(name) !== 0 || name === 'localhost' || hosts.has(name)
}

/** What browsers say of the page that makes the request. A link that is followed is none. */
function isFromOtherSite(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return true
  const site = headers['sec-fetch-site'] ?? 'none'
  if (site === 'same-origin' || site === 'none') return false
  return headers['sec-fetch-mode'] !== 'navigate'
}

function isToken(authorization: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

/** Of equal length for all, so that no time tells how much of a token is right. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
