/** HELLO, LOAD and GOODBYE: what the ends of a connection report about themselves. Pure. */
import { type ConnectionCode, connectionCodes, ProtocolError } from './errors.ts'
import { asLimit, asMap, asMeasure, asNumber, asRow, asString, bad, type Row } from './fields.ts'
import { maxConcurrency, type OthersLoad, type Resume, type WorkerState } from './resume.ts'
import { readResume, resumeMap } from './resume-rows.ts'

/** The load of a worker, including the requests of all load balancers. */
export interface Load {
  /** Whether it accepts requests. */
  readonly state: WorkerState
  /** Requests handled at once. */
  readonly concurrency: number
  /** Requests in progress or waiting for a slot. */
  readonly requests: number
  /** Recent mean event-loop delay in milliseconds. */
  readonly eventLoopDelay: number
  /**
   * A draining worker still takes requests of sessions. Only load balancers that have said that
   * they keep sessions send such requests.
   */
  readonly takesSessions?: boolean
  /** How far a `warming` worker is that warms up its caches by itself. */
  readonly warmUp?: WarmUpProgress
  /**
   * The worker is draining for a time only: load balancers send nothing new, and stay connected.
   */
  readonly maintenance?: boolean
  /** What the other load balancers have in progress there; absent if that is not known. */
  readonly others?: OthersLoad
  /** The worker has no concurrency limit: `concurrency` is what balancers may assume. */
  readonly unlimited?: boolean
}

/** Progress of a warm-up, in request classes. */
export interface WarmUpProgress {
  /** Classes that are warm. */
  readonly done: number
  /** Classes to warm up. */
  readonly total: number
}

/** Limits of a peer for one connection. */
export interface Limits {
  /** Bytes of a body that may be sent ahead of credit, per stream and direction. */
  readonly window: number
  /** Open streams. */
  readonly maxStreams: number
}

/** What a worker reports at the start of a connection. */
export interface WorkerHello {
  readonly description: string
  readonly version: string
  readonly load: Load
  /** Connected load balancers; absent in older releases. */
  readonly balancers?: number
  /** Whether it takes requests for an upgrade, if it is of a release that knows of them. */
  readonly upgrades?: boolean
  /** Gets requests only while no other worker can take them. */
  readonly standby?: boolean
  /** How many times as much as a worker of capacity 1 it should be given; 1 if absent. Above 0. */
  readonly capacity?: number
  /** Its load is {@link Load.unlimited}; for balancers of older releases. */
  readonly unlimited?: boolean
  /** What it is warm for; absent if it has served no chains. */
  readonly warmth?: WarmthSummary
  readonly resume: Resume
}

/** How much a worker is warm for. */
export interface WarmthSummary {
  /** Links of chains that are warm, as far as it knows. */
  readonly links: number
  /** How many the application keeps, as far as it knows; absent if there is no sign of a limit. */
  readonly capacity?: number
}

/** The least capacity of a worker, and the greatest. */
export const minCapacity = 0.01
export const maxCapacity = 100

/** `balancer` sends requests; `monitor` only reads the worker's load and résumé. */
export type Role = 'balancer' | 'worker' | 'monitor'

/** The first message in each direction. */
export interface Hello {
  readonly role: Role
  /** Name and version of the program, for logs: `resumelb/0.1.0`. */
  readonly software: string
  /** Unique among all processes. */
  readonly id: string
  readonly limits: Limits
  /** The balancer sends requests of a session to the same worker, even while that is draining. */
  readonly keepsSessions?: boolean
  /**
   * It knows HANDOVER: of a balancer, that it finds other workers for the classes of one that
   * leaves; of a worker, that it gets warm for classes when it is asked to.
   */
  readonly handsOver?: boolean
  /** It knows the size and the chain of a request. */
  readonly sizes?: boolean
  /** It knows that one of the load balancers of a worker plans for all of them. */
  readonly sharesPlans?: boolean
  /** Present if and only if the role is `worker`. */
  readonly worker?: WorkerHello
  /** Number of skills of a long résumé that follow, as changes. Absent if all fit. */
  readonly moreSkills?: number
}

/** The identity of this end of a connection. */
export interface Identity {
  readonly role: Role
  readonly software: string
  readonly id: string
  /** See {@link Hello.keepsSessions}. */
  readonly keepsSessions?: boolean
  /** See {@link Hello.handsOver}. */
  readonly handsOver?: boolean
  /** See {@link Hello.sizes}. */
  readonly sizes?: boolean
  /** See {@link Hello.sharesPlans}. */
  readonly sharesPlans?: boolean
  /** Present if and only if the role is `worker`. */
  readonly worker?: WorkerHello
}

export function loadRow(load: Load): Row {
  const { takesSessions = false, warmUp, maintenance = false, others, unlimited = false } = load
  const row = [load.state, load.concurrency, load.requests, load.eventLoopDelay]
  const progress = warmUp === undefined ? [null, null] : [warmUp.done, warmUp.total]
  const long = [...row, takesSessions, ...progress, maintenance]
  // Without others, there is no other balancer.
  if (unlimited) return [...long, others?.requests ?? 0, others?.seconds ?? 0, true]
  if (others !== undefined) return [...long, others.requests, others.seconds]
  if (maintenance) return long
  if (warmUp !== undefined) return [...row, takesSessions, ...progress]
  return takesSessions ? [...row, true] : row
}

export function readLoad(value: unknown): Load {
  const row = asRow(value, 4, 'load')
  const concurrency = asMeasure(row[1], 'concurrency', maxConcurrency)
  if (concurrency < 1) throw bad(`concurrency ${concurrency}, expected at least 1`)
  return {
    state: asState(row[0]),
    concurrency,
    requests: asMeasure(row[2], 'requests'),
    eventLoopDelay: asMeasure(row[3], 'event loop delay'),
    ...(row[4] === true && { takesSessions: true }),
    ...((row[5] ?? null) !== null && { warmUp: readWarmUp(row) }),
    ...(row[7] === true && { maintenance: true }),
    ...(row.length > 9 && { others: readOthers(row) }),
    ...(row[10] === true && { unlimited: true }),
  }
}

function readOthers(row: Row): OthersLoad {
  return {
    requests: asMeasure(row[8], 'requests of others'),
    seconds: asMeasure(row[9], 'seconds of others'),
  }
}

function readWarmUp(row: Row): WarmUpProgress {
  return {
    done: asMeasure(row[5], 'classes that are warm'),
    total: asMeasure(row[6], 'classes to warm up'),
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
  if (hello.keepsSessions) map.set('keepsSessions', true)
  if (hello.handsOver) map.set('handsOver', true)
  if (hello.sizes) map.set('sizes', true)
  if (hello.sharesPlans) map.set('sharesPlans', true)
  if (hello.worker) addWorker(map, hello.worker)
  if (hello.moreSkills !== undefined) map.set('moreSkills', hello.moreSkills)
  return map
}

function addWorker(map: Map<string, unknown>, worker: WorkerHello): void {
  map.set('description', worker.description)
  map.set('version', worker.version)
  map.set('load', loadRow(worker.load))
  if (worker.balancers !== undefined) map.set('balancers', worker.balancers)
  if (worker.upgrades !== undefined) map.set('upgrades', worker.upgrades)
  if (worker.standby) map.set('standby', true)
  if (worker.capacity !== undefined) map.set('capacity', worker.capacity)
  if (worker.unlimited) map.set('unlimited', true)
  if (worker.warmth !== undefined) map.set('warmth', warmthRow(worker.warmth))
  map.set('resume', resumeMap(worker.resume))
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
    ...(map.get('keepsSessions') === true && { keepsSessions: true }),
    ...(map.get('handsOver') === true && { handsOver: true }),
    ...(map.get('sizes') === true && { sizes: true }),
    ...(map.get('sharesPlans') === true && { sharesPlans: true }),
  }
  if (role !== 'worker') return hello
  const balancers = map.get('balancers')
  const upgrades = map.get('upgrades')
  const capacity = map.get('capacity')
  const warmth = map.get('warmth')
  const worker = {
    description: asString(map.get('description'), 'description'),
    version: asString(map.get('version'), 'version'),
    load: readLoad(map.get('load')),
    ...(balancers !== undefined && { balancers: asMeasure(balancers, 'balancers') }),
    ...(upgrades !== undefined && { upgrades: upgrades === true }),
    ...(map.get('standby') === true && { standby: true }),
    ...(capacity !== undefined && { capacity: asCapacity(capacity) }),
    ...(map.get('unlimited') === true && { unlimited: true }),
    ...(warmth !== undefined && { warmth: readWarmthSummary(warmth) }),
    resume: readResume(map.get('resume')),
  }
  const more = map.get('moreSkills')
  if (more === undefined) return { ...hello, worker }
  return { ...hello, worker, moreSkills: asLimit(more, 'moreSkills') }
}

function warmthRow({ links, capacity }: WarmthSummary): Row {
  return capacity === undefined ? [links] : [links, capacity]
}

function readWarmthSummary(value: unknown): WarmthSummary {
  const row = asRow(value, 1, 'warmth')
  const links = asMeasure(row[0], 'warm links')
  return row.length === 1 ? { links } : { links, capacity: asMeasure(row[1], 'kept links') }
}

/** Why a connection ends, for the peer. */
export function goodbyeRow(reason: ProtocolError): Row {
  return [connectionCodes[reason.code], reason.message.slice(0, maxReasonLength)]
}

/** Maximum UTF-16 units of a reason that is sent. */
const maxReasonLength = 1000

/** Why the peer ends the connection. An unknown code is treated as DISCONNECTED. */
export function readGoodbye(value: unknown): ProtocolError {
  const row = asRow(value, 2, 'goodbye')
  const number = asNumber(row[0], 'code')
  const code = codeNames.find((name) => connectionCodes[name] === number)
  const message = asString(row[1], 'message')
  return new ProtocolError(code ?? 'DISCONNECTED', `the peer closed the connection: ${message}`)
}

const codeNames = Object.keys(connectionCodes) as ConnectionCode[]

function asRole(value: unknown): Role {
  if (value === 'balancer' || value === 'worker' || value === 'monitor') return value
  throw bad('role is none of balancer, worker, monitor')
}

function asCapacity(value: unknown): number {
  const capacity = asMeasure(value, 'capacity')
  if (capacity >= minCapacity && capacity <= maxCapacity) return capacity
  throw bad(`capacity ${capacity}, expected ${minCapacity} to ${maxCapacity}`)
}

const states: readonly WorkerState[] = ['warming', 'ready', 'unready', 'draining']

function asState(value: unknown): WorkerState {
  const state = states.find((name) => name === value)
  if (state !== undefined) return state
  throw bad(`state is none of ${states.join(', ')}`)
}
