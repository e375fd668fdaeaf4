/** Cookies of requests and responses as far as a proxy has to do with them. Pure. */
import { parseCookie, stringifySetCookie } from 'cookie'

/** The value of the first cookie of that name in the value of a Cookie field. */
export function cookieIn(field: string, name: string): string | undefined {
  // Most requests that have cookies do not have this one.
  return field.includes(name) ? parseCookie(field)[name] : undefined
}

/**
 * A header block without the cookies of that name; a Cookie field that has no other is left out.
 * See `header-block.ts` of the protocol.
 */
export function withoutCookie(block: string, name: string): string {
  return mapFields(block, (field, value) => {
    if (field !== 'cookie') return value
    const others = value.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() !== name)
    const rest = others.join(';').trim()
    return rest === '' ? undefined : rest
  })
}

/** A header block without the fields of that lower-case name. */
export function withoutField(block: string, name: string): string {
  return mapFields(block, (field, value) => (field === name ? undefined : value))
}

/**
 * Passes each lower-case name and its value; a field whose value becomes `undefined` is left out.
 */
function mapFields(
  block: string,
  map: (field: string, value: string) => string | undefined,
): string {
  const parts = block.split('\n')
  const kept: string[] = []
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [name, value] = [parts[at] as string, parts[at + 1] as string]
    const mapped = map(name.toLowerCase(), value)
    if (mapped !== undefined) kept.push(name, mapped)
  }
  return kept.join('\n')
}

/** What a cookie is set with. */
export interface CookieAttributes {
  /** Whether browsers send it over TLS only. */
  readonly isSecure: boolean
  /** Milliseconds; without, browsers keep it until they are closed. */
  readonly maxAge: number | undefined
}

/** The value of a Set-Cookie field, for a cookie of the whole site that scripts cannot read. */
export function setCookie(
  name: string,
  value: string,
  { isSecure, maxAge }: CookieAttributes,
): string {
  return stringifySetCookie(name, value, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    ...(isSecure && { secure: true }),
    ...(maxAge !== undefined && { maxAge: Math.floor(maxAge / 1000) }),
  })
}
