/** The attributes of a request that a pattern can match. */

import { firstValueOf, OptionError } from '@resumelb/common'
import { parseCookie } from 'cookie'
import type { RequestView } from '../http/request-view.ts'

/** Returns an attribute; `undefined` if the request does not have it. */
export type AttributeReader = (request: RequestView) => string | undefined

const plainReaders: Readonly<Record<string, AttributeReader>> = {
  path: (request) => splitUrl(request)[0],
  url: (request) => request.url,
  method: (request) => request.method,
  host: (request) => readHeader(request, 'host'),
}

const namedReaders: Readonly<Record<string, (name: string) => AttributeReader>> = {
  query: (name) => (request) => new URLSearchParams(splitUrl(request)[1]).get(name) ?? undefined,
  header: (name) => {
    const lowerCase = name.toLowerCase()
    return (request) => readHeader(request, lowerCase)
  },
  cookie: (name) => (request) => parseCookie(readHeader(request, 'cookie') ?? '')[name],
}

/** The forms of an attribute, for messages and `--help`. */
export const attributeForms = 'path, url, method, host, query:NAME, header:NAME, cookie:NAME'

/**
 * Returns the reader of an attribute in one of the {@link attributeForms}. Throws an OptionError
 * that names the attribute as `option`.
 */
export function readerOf(attribute: string, option: string): AttributeReader {
  const [kind = '', ...rest] = attribute.split(':')
  const name = rest.join(':')
  const plain = Object.hasOwn(plainReaders, attribute) ? plainReaders[attribute] : undefined
  const named = Object.hasOwn(namedReaders, kind) && name ? namedReaders[kind]?.(name) : undefined
  const reader = plain ?? named
  if (reader === undefined) {
    throw new OptionError(option, `one of ${attributeForms}`, attribute)
  }
  return reader
}

/**
 * The first value of a header field. Much cheaper than `request.headers`, which creates an object
 * with all of them. `lowerCaseName` must be in lower case.
 */
export function readHeader(request: RequestView, lowerCaseName: string): string | undefined {
  if (request.field !== undefined) return request.field(lowerCaseName)
  return firstValueOf(request.rawHeaders, lowerCaseName)
}

function splitUrl(request: RequestView): [path: string, query: string] {
  const url = request.url ?? ''
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
