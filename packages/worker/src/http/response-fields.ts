/** Header fields as handlers pass them to Node's responses, in all forms that Node accepts. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { addListed, fieldsOfLines, hopByHop, withoutListed } from '@resumelb/common'
import { joinHeaders, splitHeaders } from '@resumelb/protocol'

/** The facts of a field name, and the last value with it, which is often repeated. */
interface NameKind {
  /** The text before the value in a block of fields. */
  readonly lead: string
  /** A hop-by-hop field, which the load balancer sets for its own connection. */
  readonly isOfHop: boolean
  /** Lists other hop-by-hop fields. */
  readonly isConnection: boolean
  /** A field after which Node adds no Content-Length of its own. */
  readonly isFraming: boolean
  readonly isTransferEncoding: boolean
  /** A valid value, and its line in a block. */
  lastValue: string
  lastField: string
}

/** Maximum length of a value that is cached. */
const maxLastValue = 256

const framingNames: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
])

/** The only hop-by-hop field for the load balancer: it ends the client's connection. */
const closing = 'Connection\nclose'

const closeOption = /(?:^|[\s,])close(?:[\s,]|$)/i

/** Facts by name: applications use few names, and checking one is expensive. */
const nameKinds: Map<string, NameKind> = new Map()

/** An application that invents names must not fill the memory. */
const maxNameKinds = 1_000

/** Free of cost in a `for ... in`, unlike `Object.hasOwn`. */
const hasOwn = Object.prototype.hasOwnProperty

/** Characters that Node refuses in a value. */
const badCharacter = /[^\t\x20-\x7e\x80-\xff]/

/** The fields of a head. */
export interface HeadFields {
  /** As the protocol carries them. */
  readonly block: string
  /** Whether a field determines the end of the body. */
  readonly isFramed: boolean
  /** Whether the length of the body is unknown: there is a Transfer-Encoding. */
  readonly isChunked: boolean
}

/**
 * Converts what Node's `writeHead` passes to `_storeHeader`: an object, a list with alternating
 * names and values, a list of pairs, or Node's own table of fields that `setHeader` has filled,
 * whose entries are pairs and were checked already. `isLast`: the client's connection must end
 * after the response, whatever the fields say. Throws what Node throws for an invalid field.
 */
export function headFields(headers: unknown, isOwnTable: boolean, isLast = false): HeadFields {
  const list = new FieldList(isLast)
  if (isOwnTable) {
    for (const entry of Object.values(headers as Record<string, readonly [string, unknown]>)) {
      list.add(entry[0], entry[1])
    }
  } else if (Array.isArray(headers)) {
    addList(list, headers)
  } else if (headers) {
    const fields = headers as Record<string, unknown>
    for (const name in fields) {
      if (hasOwn.call(fields, name)) list.addChecked(name, fields[name])
    }
  }
  return list
}

/** The trailer fields of Node's text form: `name: value` lines, each with CR LF. */
export function trailerBlock(text: string): string {
  return joinHeaders(fieldsOfLines(text))
}

class FieldList implements HeadFields {
  #text = ''
  /** Lower-case names of the fields that `Connection` lists. */
  #listed: Set<string> | undefined
  isFramed = false
  isChunked = false
  #isLast: boolean

  constructor(isLast: boolean) {
    this.#isLast = isLast
  }

  get block(): string {
    if (this.#isLast) this.#addField(closing)
    if (this.#listed === undefined) return this.#text
    return joinHeaders(withoutListed(splitHeaders(this.#text), this.#listed))
  }

  addChecked(name: string, value: unknown): void {
    const kind = kindOf(name)
    if (typeof value === 'string') {
      if (value !== kind.lastValue && badCharacter.test(value)) validateHeaderValue(name, value)
    } else if (typeof value !== 'number') {
      for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
    }
    this.#add(kind, value)
  }

  add(name: string, value: unknown): void {
    this.#add(kindOf(name), value)
  }

  #add(kind: NameKind, value: unknown): void {
    if (kind.isFraming) this.isFramed = true
    if (kind.isTransferEncoding) this.isChunked = true
    if (kind.isConnection) this.#addConnection(String(value))
    if (kind.isOfHop) return
    if (!Array.isArray(value)) this.#addField(fieldOf(kind, String(value)))
    else for (const one of value) this.#addField(fieldOf(kind, String(one)))
  }

  #addConnection(value: string): void {
    this.#listed = addListed(this.#listed, value)
    if (closeOption.test(value)) this.#isLast = true
  }

  #addField(field: string): void {
    this.#text = this.#text === '' ? field : `${this.#text}\n${field}`
  }
}

function fieldOf(kind: NameKind, value: string): string {
  if (value === kind.lastValue) return kind.lastField
  const field = kind.lead + value
  if (value.length <= maxLastValue) {
    kind.lastValue = value
    kind.lastField = field
  }
  return field
}

/** Throws what Node throws if it is invalid. */
function kindOf(name: string): NameKind {
  const known = nameKinds.get(name)
  if (known !== undefined) return known
  validateHeaderName(name)
  const lowerCase = name.toLowerCase()
  const lead = `${name}\n`
  const kind = {
    lead,
    // Trailers that the worker announces are trailers that it sends.
    isOfHop: lowerCase !== 'trailer' && hopByHop.has(lowerCase),
    isConnection: lowerCase === 'connection',
    isFraming: framingNames.has(lowerCase),
    isTransferEncoding: lowerCase === 'transfer-encoding',
    lastValue: '',
    lastField: lead,
  }
  if (nameKinds.size < maxNameKinds) nameKinds.set(name, kind)
  return kind
}

function addList(fields: FieldList, list: readonly unknown[]): void {
  if (Array.isArray(list[0])) {
    for (const [name, value] of list as [string, unknown][]) fields.addChecked(name, value)
    return
  }
  for (let i = 0; i < list.length; i += 2) fields.addChecked(String(list[i]), list[i + 1])
}
