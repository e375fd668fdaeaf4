/** The attributes of a request: for classes by pattern, versions, sizes and chains. */

import { firstValueOf, OptionError } from '@resumelb/common'
import { parseCookie } from 'cookie'
import type { BodyView } from '../http/body-view.ts'
import type { RequestView } from '../http/request-view.ts'
import type { BodyTest } from './classifier.ts'

/** Returns an attribute; `undefined` if the request does not have it. */
export interface AttributeReader {
  (request: RequestView, body?: BodyView): string | undefined
  /** See `Classifier.readsBody`. */
  readonly readsBody?: BodyTest
}

const plainReaders: Readonly<Record<string, AttributeReader>> = {
  path: (request) => splitUrl(request)[0],
  url: (request) => request.url,
  method: (request) => request.method,
  host: (request) => readHeader(request, 'host'),
  'body-size': (request, body) =>
    body === undefined ? readHeader(request, 'content-length') : String(body.bytes.length),
}

const namedReaders: Readonly<Record<string, (name: string) => AttributeReader>> = {
  query: (name) => (request) => new URLSearchParams(splitUrl(request)[1]).get(name) ?? undefined,
  header: (name) => {
    const lowerCase = name.toLowerCase()
    return (request) => readHeader(request, lowerCase)
  },
  cookie: (name) => (request) => parseCookie(readHeader(request, 'cookie') ?? '')[name],
  json: (name) => {
    const path = name.split('.')
    const read = (_request: RequestView, body?: BodyView) => textOf(valueAt(body?.json, path))
    return Object.assign(read, { readsBody: hasJson })
  },
}

/** The forms of an attribute, for messages and `--help`. */
export const attributeForms =
  'path, url, method, host, body-size, query:NAME, header:NAME, cookie:NAME, json:PATH'

/** Whether the text is one of the {@link attributeForms}. */
export function isAttribute(text: string): boolean {
  return findReader(text) !== undefined
}

/**
 * Returns the reader of an attribute in one of the {@link attributeForms}. Throws an OptionError
 * that names the attribute as `option`.
 */
export function readerOf(attribute: string, option: string): AttributeReader {
  const reader = findReader(attribute)
  if (reader === undefined) {
    throw new OptionError(option, `one of ${attributeForms}`, attribute)
  }
  return reader
}

function findReader(attribute: string): AttributeReader | undefined {
  if (Object.hasOwn(plainReaders, attribute)) return plainReaders[attribute]
  const [kind = '', ...rest] = attribute.split(':')
  const name = rest.join(':')
  return Object.hasOwn(namedReaders, kind) && name ? namedReaders[kind]?.(name) : undefined
}

/**
 * The first value of a header field. Much cheaper than `request.headers`, which creates an object
 * with all of them. `lowerCaseName` must be in lower case.
 */
export function readHeader(request: RequestView, lowerCaseName: string): string | undefined {
  if (request.field !== undefined) return request.field(lowerCaseName)
  return firstValueOf(request.rawHeaders, lowerCaseName)
}

const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i

/** Whether the body is JSON that is not compressed, according to the head of the request. */
export function hasJson(request: RequestView): boolean {
  if (!jsonType.test(readHeader(request, 'content-type') ?? '')) return false
  const coding = readHeader(request, 'content-encoding')
  return coding === undefined || coding === 'identity'
}

/** What a parsed JSON text has at a path of keys and positions. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

/** Texts, numbers, true and false; `undefined` for all other values. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function splitUrl(request: RequestView): [path: string, query: string] {
  const url = request.url ?? ''
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
