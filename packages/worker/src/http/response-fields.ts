/** Header fields as handlers give them to Node's responses, in all the forms that Node takes. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { joinHeaders } from '@resumelb/protocol'

/** Fields of one hop, which the load balancer decides for its own connection. */
const hopFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * One header block from what Node's `writeHead` hands to `_storeHeader`: an object, a list that
 * alternates names and values, a list of pairs, or Node's own table of fields that `setHeader` has
 * filled, whose entries are pairs and were checked already. Throws what Node throws for a bad field.
 */
export function headerBlock(headers: unknown, isOwnTable: boolean): string {
  const fields: string[] = []
  if (isOwnTable) {
    for (const entry of Object.values(headers as Record<string, readonly [string, unknown]>)) {
      addField(fields, entry[0], entry[1])
    }
  } else if (Array.isArray(headers)) {
    addList(fields, headers)
  } else if (headers) {
    for (const [name, value] of Object.entries(headers)) addChecked(fields, name, value)
  }
  return joinHeaders(fields)
}

/** The trailer fields of Node's text form: `name: value` lines, each ended by CR LF. */
export function trailerBlock(text: string): string {
  if (text === '') return ''
  const fields: string[] = []
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.push(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return joinHeaders(fields)
}

function addList(fields: string[], list: readonly unknown[]): void {
  if (Array.isArray(list[0])) {
    for (const [name, value] of list as [string, unknown][]) addChecked(fields, name, value)
    return
  }
  for (let i = 0; i < list.length; i += 2) addChecked(fields, String(list[i]), list[i + 1])
}

function addChecked(fields: string[], name: string, value: unknown): void {
  validateHeaderName(name)
  for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
  addField(fields, name, value)
}

function addField(fields: string[], name: string, value: unknown): void {
  if (hopFields.has(name.toLowerCase())) return
  if (!Array.isArray(value)) fields.push(name, String(value))
  else for (const one of value) fields.push(name, String(one))
}
