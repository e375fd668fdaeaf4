/** The formats of the access log: combined, JSON, and any that an operator writes. */
import { OptionError } from '@resumelb/common'
import { readHeader } from '../classify/attribute.ts'
import type { EndedRequest } from '../events.ts'
import type { FailureName } from '../http/failures.ts'
import { dateNow, escaped, userOf } from './log-text.ts'

/** Makes the line of a request, without the line feed. */
export type LineFormat = (ended: EndedRequest) => string

/** What a format may be, for messages and `--help`. */
const logFormatForm = 'combined, json, or a text with variables such as $status'

/** A fact of a request; `undefined` if there is none. */
type Variable = (ended: EndedRequest) => string | number | boolean | undefined

/**
 * The line of a request, without the line feed. If the response was aborted, the line ends with
 * `truncated`, after the fields of the format.
 */
function combinedLine(ended: EndedRequest): string {
  const { request, status, bytesSent } = ended
  const { method, url, httpVersion } = request
  const target = `${escaped(method)} ${escaped(url)} HTTP/${httpVersion}`
  const user = escaped(userOf(readHeader(request, 'authorization')))
  const referrer = escaped(readHeader(request, 'referer'))
  const agent = escaped(readHeader(request, 'user-agent'))
  const end = ended.isTruncated ? ' truncated' : ''
  return `${ended.remoteAddress} - ${user} [${dateNow()}] "${target}" ${status} ${bytesSent} "${referrer}" "${agent}"${end}`
}

/** Who ended a request, or its connection, before its response was complete; the worker otherwise. */
const endedByClient: ReadonlySet<FailureName> = new Set(['CLIENT_DISCONNECTED', 'CLIENT_TIMEOUT'])
const endedByWorker: ReadonlySet<FailureName> = new Set([
  'CLOSED_BY_APPLICATION',
  'INVALID_RESPONSE',
  'WORKER_LOST',
])

function endedBy({ reason, worker }: EndedRequest): string {
  if (reason === undefined) return worker === '' ? 'balancer' : 'worker'
  if (endedByClient.has(reason)) return 'client'
  return endedByWorker.has(reason) ? 'worker' : 'balancer'
}

/** The variables of formats, which are also the members of a JSON line. Times are in seconds. */
const variables: Readonly<Record<string, Variable>> = {
  time: () => new Date().toISOString(),
  remote_addr: ({ remoteAddress }) => remoteAddress,
  remote_user: ({ request }) => userOf(readHeader(request, 'authorization')),
  method: ({ request }) => request.method,
  uri: ({ request }) => request.url,
  protocol: ({ request }) => `HTTP/${request.httpVersion}`,
  host: ({ request }) => readHeader(request, 'host'),
  status: ({ status }) => status,
  body_bytes_sent: ({ bytesSent }) => bytesSent,
  request_body_bytes: ({ bytesReceived }) => bytesReceived,
  http_referer: ({ request }) => readHeader(request, 'referer'),
  http_user_agent: ({ request }) => readHeader(request, 'user-agent'),
  request_id: ({ id }) => id,
  class: ({ requestClass }) => requestClass,
  worker: ({ worker }) => worker,
  reason: ({ choice }) => choice,
  warm: ({ isWarm }) => isWarm,
  attempts: ({ attempts }) => attempts,
  outcome: ({ outcome }) => outcome,
  failure: ({ reason }) => reason,
  queue_time: ({ startedAt, assignedAt }) => secondsBetween(startedAt, assignedAt),
  first_byte_time: ({ startedAt, answeredAt }) => secondsBetween(startedAt, answeredAt),
  request_time: ({ startedAt, endedAt }) => secondsBetween(startedAt, endedAt),
  ended_by: endedBy,
  truncated: ({ isTruncated }) => isTruncated,
}

/** Variables that only formats have: JSON has their parts. */
const formatVariables: Readonly<Record<string, Variable>> = {
  ...variables,
  time_local: () => dateNow(),
  request: ({ request: { method = '', url = '', httpVersion } }) =>
    `${method} ${url} HTTP/${httpVersion}`,
}

/** Names of all variables, for the documentation. */
export const variableNames: readonly string[] = Object.keys(formatVariables)

function secondsBetween(from: number, to: number | undefined): number | undefined {
  return to === undefined ? undefined : Math.round(Math.max(0, to - from)) / 1000
}

/** `combined`, `json`, or the format that a text describes. Throws an {@link OptionError}. */
export function lineFormatOf(format: string, option = 'log-format'): LineFormat {
  if (format === 'combined') return combinedLine
  if (format === 'json') return jsonLine
  if (!format.includes('$')) throw new OptionError(option, logFormatForm, format)
  const parts = format.split(/(\$\{\w+\}|\$\w+)/).map((part) => partOf(part, option))
  return (ended) => parts.map((part) => (typeof part === 'string' ? part : part(ended))).join('')
}

function partOf(part: string, option: string): string | ((ended: EndedRequest) => string) {
  const name = /^\$\{?(\w+)/.exec(part)?.[1]
  if (name === undefined) return part
  const variable = variableNamed(name)
  if (variable !== undefined) return (ended) => textOf(variable(ended))
  throw new OptionError(option, `made of $${variableNames.join(', $')} or $http_NAME`, `$${name}`)
}

function variableNamed(name: string): Variable | undefined {
  if (Object.hasOwn(formatVariables, name)) return formatVariables[name]
  if (!name.startsWith('http_')) return undefined
  const field = name.slice('http_'.length).toLowerCase().replaceAll('_', '-')
  return ({ request }) => readHeader(request, field)
}

function textOf(value: string | number | boolean | undefined): string {
  return typeof value === 'string' || value === undefined ? escaped(value) : String(value)
}

/** What is absent is left out. */
function jsonLine(ended: EndedRequest): string {
  const facts: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(variables)) facts[name] = variable(ended)
  // Some readers take these for the ends of lines.
  return JSON.stringify(facts).replace(/[\u2028\u2029\u007f-\u009f]/g, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
