/** The attributes of a request that a pattern can be matched against. */

import { firstValueOf, OptionError } from '@resumelb/common'
import { parseCookie } from 'cookie'
import type { RequestView } from '../http/request-view.ts'

/** Reads an attribute; `undefined` if the request has none. */
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

/** How to write an attribute, for messages and `--help`. */
export const attributeForms = 'path, url, method, host, query:NAME, header:NAME, cookie:NAME'

/** The reader of an attribute, written as in {@link attributeForms}. Throws an OptionError. */
export function readerOf(attribute: string): AttributeReader {
  const [kind = '', ...rest] = attribute.split(':')
  const name = rest.join(':')
  const plain = Object.hasOwn(plainReaders, attribute) ? plainReaders[attribute] : undefined
  const named = Object.hasOwn(namedReaders, kind) && name ? namedReaders[kind]?.(name) : undefined
  const reader = plain ?? named
  if (reader === undefined) {
    throw new OptionError('the attribute of a classifier', `one of ${attributeForms}`, attribute)
  }
  return reader
}

/**
 * The first value of a header field. Much cheaper than `request.headers`, which makes an object of
 * all of them. `lowerCaseName` is in lower case.
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
