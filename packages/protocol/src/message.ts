/** The payloads of stream frames: heads of requests and responses, ends. Pure. */
import { type Chain, chainText, maxChainLength, readChain } from './chain.ts'
import type { ClassStanding } from './class-standing.ts'
import { HeadTooLongError } from './errors.ts'
import {
  asClass,
  asMeasure,
  asNumber,
  asRow,
  asSeconds,
  asString,
  bad,
  type Row,
} from './fields.ts'
import type { FlatRow, Scalar } from './flat-row.ts'
import { maxHeadLength } from './frame.ts'
import { maxUnits, type OthersLoad, type RequestClass, type Skill } from './resume.ts'
import { addSkill, longSkill, readSkillAt } from './resume-rows.ts'

/** The head of a request, as the balancer forwards it. */
export interface RequestHead {
  readonly method: string
  /** The request target as the client sent it: path and query. */
  readonly url: string
  /** Header fields as one string; see `header-block.ts`. */
  readonly headers: string
  readonly requestClass: RequestClass
  /** Unique among all requests of all load balancers: the balancer's id and a number. */
  readonly id: string
  /** Address of the client, not of the balancer. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** Whether the client used TLS to the balancer (or to a proxy that the balancer trusts). */
  readonly encrypted: boolean
  /** `1.0`, `1.1` or `2.0`, as the client speaks it. */
  readonly httpVersion: string
  /** The size of the request in any unit, from 0; undefined if it is not known. */
  readonly units?: number | undefined
  /** What it needs, from the general to the specific. */
  readonly chain?: Chain | undefined
  /** As of when the worker was chosen: sent as flags of the frame, and absent if there are none. */
  standing?: ClassStanding | undefined
  /** The worker may refuse it while what runs takes too long: a flag of the frame. */
  isMovable?: boolean
}

/** The head of a response, or of an interim (1xx) one. */
export interface ResponseHead {
  /** 100 to 999, as in Node. Below 200, except 101, more heads follow. */
  readonly status: number
  /** The reason phrase; empty for the standard one. */
  readonly reason: string
  /** Header fields as one string; see `header-block.ts`. */
  readonly headers: string
}

/** What a worker reports at the end of a response. */
export interface Report {
  /** Service time of this request in seconds. */
  readonly seconds: number
  /** The worker's skill at the class, this request included; absent after a failure. */
  readonly skill?: Skill
  /** Work of the other balancers in progress at this worker. */
  readonly others: OthersLoad
  /**
   * How many leading links of the request's chain the worker was warm for when it began, as far as
   * it knows. Sent only with a skill that has a size.
   */
  readonly depth?: number
}

/** What may be sent with the end of one direction. */
export interface StreamEnd {
  /** Trailer fields as one string; see `header-block.ts`. Empty if there are none. */
  readonly trailers: string
  readonly report?: Report
}

/** `withSizes`: the receiver knows the two positions for units and chain. */
export function requestRow(head: RequestHead, withSizes: boolean): FlatRow {
  const row: Scalar[] = [
    head.method,
    head.url,
    head.headers,
    head.requestClass,
    head.id,
    head.remoteAddress,
    head.remotePort,
    head.encrypted,
    head.httpVersion,
  ]
  const { units, chain } = head
  if (!withSizes || (units === undefined && chain === undefined)) return row
  row.push(units ?? false)
  if (chain !== undefined) row.push(chainText(chain))
  return row
}

export function readRequestHead(value: unknown): RequestHead {
  const row = asRow(value, 9, 'request head')
  const head = {
    method: asString(row[0], 'method'),
    url: asString(row[1], 'url'),
    headers: asString(row[2], 'headers'),
    requestClass: asClass(row[3]),
    id: asString(row[4], 'id'),
    remoteAddress: asString(row[5], 'remote address'),
    remotePort: asNumber(row[6], 'remote port'),
    encrypted: row[7] === true,
    httpVersion: asString(row[8], 'HTTP version'),
    standing: undefined,
  }
  if (row.length === 9) return head
  const units = row[9] === false ? undefined : asMeasure(row[9], 'units', maxUnits)
  return { ...head, units, ...(row.length > 10 && { chain: readChain(row[10]) }) }
}

/** A response head; with `end` if nothing follows, so that a short exchange is one frame. */
export function responseRow(head: ResponseHead, end: StreamEnd | undefined): FlatRow {
  const row = [head.status, head.reason, head.headers]
  if (end !== undefined) addEnd(row, end)
  return row
}

export function readResponseHead(value: unknown): ResponseHead {
  const row = asRow(value, 3, 'response head')
  const status = asNumber(row[0], 'status')
  if (!(Number.isInteger(status) && status >= 100 && status <= 999)) {
    throw bad(`status ${status}, expected 100 to 999`)
  }
  return { status, reason: asString(row[1], 'reason'), headers: asString(row[2], 'headers') }
}

/** The end that follows in the same row as a response head. */
export function readResponseEnd(value: unknown): StreamEnd {
  return readEndAt(asRow(value, 3, 'response head'), 3)
}

export function endRow(end: StreamEnd): FlatRow {
  const row: Scalar[] = []
  addEnd(row, end)
  return row
}

function addEnd(row: Scalar[], { trailers, report }: StreamEnd): void {
  if (report !== undefined) {
    const { seconds, skill, others, depth } = report
    row.push(trailers, seconds, others.requests, others.seconds)
    if (skill !== undefined) addSkill(row, skill)
    if (skill?.fixed !== undefined && depth !== undefined) row.push(depth)
  } else if (trailers !== '') row.push(trailers)
}

export function readEnd(value: unknown): StreamEnd {
  return readEndAt(asRow(value, 0, 'end'), 0)
}

/** An end with neither trailers nor report. */
export const plainEnd: StreamEnd = { trailers: '' }

/** Whether other heads follow this one. */
export function isInterim(head: ResponseHead): boolean {
  return head.status < 200 && head.status !== 101
}

/** Whether the flag END is enough. */
export function isPlainEnd(end: StreamEnd): boolean {
  return end.trailers === '' && end.report === undefined
}

/** Maximum bytes of a packed end besides its trailers. */
const reportLength = 128

/** Throws a {@link HeadTooLongError} if a frame cannot hold the end. */
export function checkEnd(end: StreamEnd): void {
  if (end.trailers === '') return
  const length = Buffer.byteLength(end.trailers) + reportLength
  if (length > maxHeadLength) throw new HeadTooLongError(length, maxHeadLength)
}

function readEndAt(row: Row, at: number): StreamEnd {
  if (row.length === at) return plainEnd
  const trailers = asString(row[at], 'trailers')
  if (row.length === at + 1) return { trailers }
  const seconds = asSeconds(row[at + 1], 'service time')
  const others = {
    requests: asMeasure(row[at + 2], "others' requests"),
    seconds: asMeasure(row[at + 3], "others' work"),
  }
  if (row.length === at + 4) return { trailers, report: { seconds, others } }
  const skill = readSkillAt(row, at + 4)
  const depthAt = at + 4 + longSkill
  if (row.length <= depthAt) return { trailers, report: { seconds, others, skill } }
  return {
    trailers,
    report: { seconds, others, skill, depth: asMeasure(row[depthAt], 'depth', maxChainLength) },
  }
}
