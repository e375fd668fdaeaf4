/** What frames carry: heads of requests and responses, ends, greetings, load. Pure. */
import { ProtocolError } from './errors.ts'
import type {
  OthersLoad,
  RequestClass,
  Resume,
  ResumeChanges,
  Skill,
  WorkerState,
} from './resume.ts'
import { maxClassLength } from './resume.ts'

/** The head of a request, as the balancer passes it on. */
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
  /** Whether the client speaks TLS to the balancer (or to a proxy that the balancer trusts). */
  readonly encrypted: boolean
  /** `1.0` or `1.1`, as the client speaks it. */
  readonly httpVersion: string
}

/** The head of a response, or of an interim (1xx) one. */
export interface ResponseHead {
  /** 100 to 599. Below 200, but for 101, more heads follow. */
  readonly status: number
  /** The reason phrase; empty for the usual one. */
  readonly reason: string
  /** Header fields as one string; see `header-block.ts`. */
  readonly headers: string
}

/** What a worker tells with the end of a response. */
export interface Report {
  /** Service time of this request in seconds. */
  readonly seconds: number
  /** The worker's skill at the class, this request included; absent after a failure. */
  readonly skill?: Skill
  /** What the other balancers have in progress at this worker. */
  readonly others: OthersLoad
}

/** What may come with the end of one direction. */
export interface StreamEnd {
  /** Trailer fields as one string; see `header-block.ts`. Empty if there are none. */
  readonly trailers: string
  readonly report?: Report
}

/** How busy a worker is, counting the requests of all load balancers. */
export interface Load {
  readonly state: WorkerState
  /** Requests served at once. */
  readonly concurrency: number
  /** Requests in progress or waiting for a slot. */
  readonly requests: number
  /** Milliseconds by which the worker's event loop was late, on average, of late. */
  readonly eventLoopDelay: number
}

/** What a peer allows on one connection. */
export interface Limits {
  /** Bytes of a body that may be sent before credit comes back, per stream and direction. */
  readonly window: number
  /** Streams open at once. */
  readonly maxStreams: number
}

/** What a worker says of itself when a connection begins. */
export interface WorkerHello {
  readonly description: string
  readonly version: string
  readonly load: Load
  readonly resume: Resume
}

/** `balancer` sends requests; `monitor` only reads the worker's HELLO. */
export type Role = 'balancer' | 'worker' | 'monitor'

/** The first message in each direction. */
export interface Hello {
  readonly role: Role
  /** Name and version of the program, for people: `resumelb/0.1.0`. */
  readonly software: string
  /** Unlike that of any other process. */
  readonly id: string
  readonly limits: Limits
  /** Present if, and only if, the role is `worker`. */
  readonly worker?: WorkerHello
}

type Row = readonly unknown[]

export function requestRow(head: RequestHead): Row {
  return [
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
}

export function readRequestHead(value: unknown): RequestHead {
  const row = asRow(value, 9, 'request head')
  return {
    method: asString(row[0], 'method'),
    url: asString(row[1], 'url'),
    headers: asString(row[2], 'headers'),
    requestClass: asClass(row[3]),
    id: asString(row[4], 'id'),
    remoteAddress: asString(row[5], 'remote address'),
    remotePort: asNumber(row[6], 'remote port'),
    encrypted: row[7] === true,
    httpVersion: asString(row[8], 'HTTP version'),
  }
}

/** A response head; with `end` when nothing follows, so that a small exchange is one frame. */
export function responseRow(head: ResponseHead, end: StreamEnd | undefined): Row {
  return end === undefined
    ? [head.status, head.reason, head.headers]
    : [head.status, head.reason, head.headers, ...endRow(end)]
}

export function readResponseHead(value: unknown): ResponseHead {
  const row = asRow(value, 3, 'response head')
  const status = asNumber(row[0], 'status')
  if (!(Number.isInteger(status) && status >= 100 && status <= 599)) {
    throw bad(`status ${status}, expected 100 to 599`)
  }
  return { status, reason: asString(row[1], 'reason'), headers: asString(row[2], 'headers') }
}

/** The end that rides behind a response head. */
export function readResponseEnd(value: unknown): StreamEnd {
  return readEndAt(asRow(value, 3, 'response head'), 3)
}

export function endRow(end: StreamEnd): Row {
  const report = end.report
  if (report === undefined) return end.trailers === '' ? [] : [end.trailers]
  const { seconds, skill, others } = report
  return skill === undefined
    ? [end.trailers, seconds, others.requests, others.seconds]
    : [end.trailers, seconds, others.requests, others.seconds, ...skillRow(skill)]
}

export function readEnd(value: unknown): StreamEnd {
  return readEndAt(asRow(value, 0, 'end'), 0)
}

/** The end of a direction that has neither trailers nor report. */
export const plainEnd: StreamEnd = { trailers: '' }

function readEndAt(row: Row, at: number): StreamEnd {
  if (row.length === at) return plainEnd
  const trailers = asString(row[at], 'trailers')
  if (row.length === at + 1) return { trailers }
  const seconds = asMeasure(row[at + 1], 'service time')
  const others = {
    requests: asMeasure(row[at + 2], "others' requests"),
    seconds: asMeasure(row[at + 3], "others' work"),
  }
  if (row.length === at + 4) return { trailers, report: { seconds, others } }
  return { trailers, report: { seconds, others, skill: readSkillAt(row, at + 4) } }
}

function skillRow(skill: Skill): Row {
  return [skill.score, skill.seconds, skill.count, skill.rate]
}

function readSkillAt(row: Row, at: number): Skill {
  const score = asMeasure(row[at], 'score')
  if (score === 0) throw bad('score 0, expected more')
  return {
    score,
    seconds: asMeasure(row[at + 1], 'seconds'),
    count: asMeasure(row[at + 2], 'count'),
    rate: asMeasure(row[at + 3], 'rate'),
  }
}

/** Skills by class; `null` for one that has faded. */
export function resumeMap(changes: ResumeChanges): Map<RequestClass, Row | null> {
  const rows = new Map<RequestClass, Row | null>()
  for (const [requestClass, skill] of changes) {
    rows.set(requestClass, skill === null ? null : skillRow(skill))
  }
  return rows
}

export function readResumeChanges(value: unknown): ResumeChanges {
  const changes = new Map<RequestClass, Skill | null>()
  for (const [requestClass, row] of asMap(value, 'resume')) {
    const skill = row === null ? null : readSkillAt(asRow(row, 4, 'skill'), 0)
    changes.set(asClass(requestClass), skill)
  }
  return changes
}

export function readResume(value: unknown): Resume {
  const resume = new Map<RequestClass, Skill>()
  for (const [requestClass, skill] of readResumeChanges(value)) {
    if (skill === null) throw bad(`faded class ${requestClass} in a whole resume`)
    resume.set(requestClass, skill)
  }
  return resume
}

export function loadRow(load: Load): Row {
  return [load.state, load.concurrency, load.requests, load.eventLoopDelay]
}

export function readLoad(value: unknown): Load {
  const row = asRow(value, 4, 'load')
  const concurrency = asMeasure(row[1], 'concurrency')
  if (concurrency < 1) throw bad(`concurrency ${concurrency}, expected at least 1`)
  return {
    state: asState(row[0]),
    concurrency,
    requests: asMeasure(row[2], 'requests'),
    eventLoopDelay: asMeasure(row[3], 'event loop delay'),
  }
}

/** A map with names: unlike rows, a HELLO may grow fields without a new protocol version. */
export function helloMap(hello: Hello): Map<string, unknown> {
  const map = new Map<string, unknown>([
    ['role', hello.role],
    ['software', hello.software],
    ['id', hello.id],
    ['window', hello.limits.window],
    ['maxStreams', hello.limits.maxStreams],
  ])
  if (hello.worker) {
    map.set('description', hello.worker.description)
    map.set('version', hello.worker.version)
    map.set('load', loadRow(hello.worker.load))
    map.set('resume', resumeMap(hello.worker.resume))
  }
  return map
}

export function readHello(value: unknown): Hello {
  const map = asMap(value, 'hello')
  const role = asRole(map.get('role'))
  const hello = {
    role,
    software: asString(map.get('software'), 'software'),
    id: asString(map.get('id'), 'id'),
    limits: {
      window: asLimit(map.get('window'), 'window'),
      maxStreams: asLimit(map.get('maxStreams'), 'maxStreams'),
    },
  }
  if (role !== 'worker') return hello
  const worker = {
    description: asString(map.get('description'), 'description'),
    version: asString(map.get('version'), 'version'),
    load: readLoad(map.get('load')),
    resume: readResume(map.get('resume')),
  }
  return { ...hello, worker }
}

function bad(what: string): ProtocolError {
  return new ProtocolError('BAD_MESSAGE', what)
}

function asRow(value: unknown, atLeast: number, what: string): Row {
  if (Array.isArray(value) && value.length >= atLeast) return value
  throw bad(`${what} is not an array of at least ${atLeast}`)
}

function asMap(value: unknown, what: string): Map<unknown, unknown> {
  if (value instanceof Map) return value
  throw bad(`${what} is not a map`)
}

function asString(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw bad(`${what} is not a string`)
}

function asNumber(value: unknown, what: string): number {
  if (typeof value === 'number') return value
  throw bad(`${what} is not a number`)
}

/** Something measured: never negative, infinite or NaN, so that it cannot poison a mean. */
function asMeasure(value: unknown, what: string): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value
  throw bad(`${what} is not a number from 0`)
}

function asLimit(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value
  throw bad(`${what} is not a whole number from 1`)
}

function asClass(value: unknown): RequestClass {
  const name = asString(value, 'request class')
  if (name.length <= maxClassLength) return name
  throw bad(`request class of ${name.length} characters, at most ${maxClassLength}`)
}

function asRole(value: unknown): Role {
  if (value === 'balancer' || value === 'worker' || value === 'monitor') return value
  throw bad('role is none of balancer, worker, monitor')
}

function asState(value: unknown): WorkerState {
  if (value === 'warming' || value === 'ready' || value === 'draining') return value
  throw bad('state is none of warming, ready, draining')
}
