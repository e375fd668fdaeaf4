/** The formats of the access log: combined, JSON, and any that an operator writes. */
import { OptionError } from '@resumelb/common'
import { readHeader } from '../classify/attribute.ts'
import type { EndedRequest, EndedSize } from '../events.ts'
import type { FailureName } from '../http/failures.ts'
import { jsonText } from './json-text.ts'
import { dateNow, escaped, userOf } from './log-text.ts'
import type { Refusal } from './refusal.ts'

/** Makes lines of the access log, without the line feed. */
export interface LineFormat {
  readonly ofRequest: (ended: EndedRequest) => string
  /** Of input, or of a connection, that was refused before it was a request. */
  readonly ofRefusal: (refusal: Refusal) => string
}

/** What a format may be, for messages and `--help`. */
const logFormatForm = 'combined, json, or a text with variables such as $status'

/** A fact; `undefined` if there is none. */
type Fact = string | number | boolean | undefined

type Variable = (ended: EndedRequest) => Fact

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

/** nginx has the status 000 for connections that were closed without one, too. */
function combinedRefusal(refusal: Refusal): string {
  const { remoteAddress, status = '000', failure, repeated, seconds } = refusal
  const more = repeated === undefined ? '' : ` ${repeated} more in ${seconds} s`
  const client = escaped(remoteAddress)
  return `${client} - - [${dateNow()}] "-" ${status} 0 "-" "-" refused ${failure}${more}`
}

/**
 * Who ended a request, or its connection, before its response was complete; the worker otherwise.
 */
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

/**
 * The variables of formats, which are also the members of a JSON line. Times are in seconds. The
 * comments are those of the documentation.
 */
const variables: Readonly<Record<string, Variable>> = {
  /** The end of the request, in ISO 8601. */
  time: () => new Date().toISOString(),
  /** The address of the client, as a trusted proxy says. */
  remote_addr: ({ remoteAddress }) => remoteAddress,
  /** The user of basic authentication. */
  remote_user: ({ request }) => userOf(readHeader(request, 'authorization')),
  /** The method. */
  method: ({ request }) => request.method,
  /** The target with its query, as the client sent it. */
  uri: ({ request }) => request.url,
  /** `HTTP/1.1`, for instance. */
  protocol: ({ request }) => `HTTP/${request.httpVersion}`,
  /** The Host. */
  host: ({ request }) => readHeader(request, 'host'),
  /** The status of the response. */
  status: ({ status }) => status,
  /** Bytes of the body of the response that were sent. */
  body_bytes_sent: ({ bytesSent }) => bytesSent,
  /** Bytes of the body of the request that have arrived. */
  request_body_bytes: ({ bytesReceived }) => bytesReceived,
  /** The Referer of the request. */
  http_referer: ({ request }) => readHeader(request, 'referer'),
  /** The User-Agent of the request. */
  http_user_agent: ({ request }) => readHeader(request, 'user-agent'),
  /** The id of the request (`--request-id-header`), which the client and the worker have, too. */
  request_id: ({ id }) => id,
  /** The request class. */
  class: ({ requestClass }) => requestClass,
  /** The last worker that had it. */
  worker: ({ worker }) => worker || undefined,
  /** Why that worker was chosen: the role of the worker, as in `explain`. */
  reason: ({ choice }) => choice,
  /** Whether that worker had served the class. */
  warm: ({ isWarm }) => isWarm,
  /** The units of the request; absent if it tells none. */
  units: ({ size }) => size?.units,
  /** Of these, the units that the worker had in its caches, as it said. */
  warm_units: ({ size }) => warmOf(size?.units, size),
  /** The number of links of its chain; absent if it has none. */
  links: ({ size }) => size?.links,
  /** Of these, the leading ones that the worker was warm for, as it said. */
  warm_links: ({ size }) => warmOf(size?.links, size),
  /** The number of workers that had it. */
  attempts: ({ attempts }) => attempts,
  /** `served`, `failed`, `shed`, `refused` or `abandoned`. */
  outcome: ({ outcome }) => outcome,
  /** The failure, if it was not served. */
  failure: ({ reason }) => reason,
  /** Seconds from the arrival until a worker was given it. */
  queue_time: ({ startedAt, assignedAt }) => secondsBetween(startedAt, assignedAt),
  /** Seconds from the arrival until the head of the response. */
  first_byte_time: ({ startedAt, answeredAt }) => secondsBetween(startedAt, answeredAt),
  /** Seconds from the arrival until all of the response was sent. */
  request_time: ({ startedAt, endedAt }) => secondsBetween(startedAt, endedAt),
  /** What ended the request, or its connection: `worker`, `client` or `balancer`. */
  ended_by: endedBy,
  /** Whether the response was aborted. */
  truncated: ({ isTruncated }) => isTruncated,
  /** Of what was refused before it was a request: more about it. */
  detail: () => undefined,
  /** How many other refusals the line stands for. */
  repeated: () => undefined,
}

/** The variables that lines of refusals have. */
const refusalVariables: Readonly<Record<string, (refusal: Refusal) => Fact>> = {
  time: () => new Date().toISOString(),
  remote_addr: ({ remoteAddress }) => remoteAddress || undefined,
  status: ({ status }) => status,
  request_id: ({ id }) => id,
  outcome: () => 'refused',
  failure: ({ failure }) => failure,
  detail: ({ detail }) => detail,
  repeated: ({ repeated }) => repeated,
}

/** Variables that only formats have: JSON has their parts. */
const formatVariables: Readonly<Record<string, Variable>> = {
  ...variables,
  /** The end of the request, as in `combined`. */
  time_local: () => dateNow(),
  /** The request line. */
  request: ({ request: { method = '', url = '', httpVersion } }) =>
    `${method} ${url} HTTP/${httpVersion}`,
}

/** Names of all variables, for the documentation. */
export const variableNames: readonly string[] = Object.keys(formatVariables)

/** The warm part of a size, to two digits after the point; an application may tell tokens. */
function warmOf(whole: number | undefined, size: EndedSize | undefined): number | undefined {
  const part = size?.warmPart
  return whole === undefined || part === undefined
    ? undefined
    : Math.round(whole * part * 100) / 100
}

function secondsBetween(from: number, to: number | undefined): number | undefined {
  return to === undefined ? undefined : Math.round(Math.max(0, to - from)) / 1000
}

/** `combined`, `json`, or the format that a text describes. Throws an {@link OptionError}. */
export function lineFormatOf(format: string, option = 'log-format'): LineFormat {
  if (format === 'combined') return { ofRequest: combinedLine, ofRefusal: combinedRefusal }
  if (format === 'json')
    return { ofRequest: jsonOf(variables), ofRefusal: jsonOf(refusalVariables) }
  if (!format.includes('$')) throw new OptionError(option, logFormatForm, format)
  const parts = format.split(/(\$\{\w+\}|\$\w+)/).map((part) => partOf(part, option))
  const line = (textOfPart: (part: Part) => string) => parts.map(textOfPart).join('')
  return {
    ofRequest: (ended) => line((part) => part.text ?? textOf(part.ofRequest(ended))),
    ofRefusal: (refusal) => line((part) => part.text ?? textOf(part.ofRefusal(refusal))),
  }
}

/** A part of a format: a text, or a variable. */
interface Part {
  readonly text: string | undefined
  readonly ofRequest: Variable
  readonly ofRefusal: (refusal: Refusal) => Fact
}

const none = () => undefined

function partOf(text: string, option: string): Part {
  const name = /^\$\{?(\w+)/.exec(text)?.[1]
  if (name === undefined) return { text, ofRequest: none, ofRefusal: none }
  const ofRequest = variableNamed(name)
  if (ofRequest !== undefined) {
    return { text: undefined, ofRequest, ofRefusal: refusalVariableNamed(name) }
  }
  throw new OptionError(option, `made of $${variableNames.join(', $')} or $http_NAME`, `$${name}`)
}

function refusalVariableNamed(name: string): (refusal: Refusal) => Fact {
  if (name === 'time_local') return () => dateNow()
  return (Object.hasOwn(refusalVariables, name) ? refusalVariables[name] : undefined) ?? none
}

function variableNamed(name: string): Variable | undefined {
  if (Object.hasOwn(formatVariables, name)) return formatVariables[name]
  if (!name.startsWith('http_')) return undefined
  const field = name.slice('http_'.length).toLowerCase().replaceAll('_', '-')
  return ({ request }) => readHeader(request, field)
}

function textOf(value: Fact): string {
  return typeof value === 'string' || value === undefined ? escaped(value) : String(value)
}

/** What is absent is left out. */
function jsonOf<Source>(from: Readonly<Record<string, (source: Source) => Fact>>) {
  const entries = Object.entries(from)
  return (source: Source): string => {
    const facts: Record<string, unknown> = {}
    for (const [name, variable] of entries) facts[name] = variable(source)
    return jsonText(facts)
  }
}
