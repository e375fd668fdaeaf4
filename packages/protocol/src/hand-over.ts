/**
 * HANDOVER: how classes go from one worker to another that is warm for them, through a load
 * balancer. Pure.
 */
import { asClass, asMeasure, asRow, asSeconds, asString, bad, type Row } from './fields.ts'
import type { Hello } from './hello.ts'
import { maxRate, type RequestClass } from './resume.ts'

/** A safe request that fills the caches for its class. */
export interface SampleRequest {
  /** GET or HEAD. */
  readonly method: string
  /** The request target: path and query. */
  readonly url: string
  /** Header fields as one string; see `header-block.ts`. */
  readonly headers: string
  /** Whether its client used TLS. */
  readonly encrypted: boolean
}

/** A class that goes to another worker, which should be warm for it then. */
export interface HandedClass {
  readonly requestClass: RequestClass
  /** Mean service time in seconds at the worker that had it. */
  readonly seconds: number
  readonly requests: readonly SampleRequest[]
  /** Requests per second that are expected; absent if not known. */
  readonly rate?: number
}

/** A worker that is to become a home of a class, as one of its load balancers has planned. */
export interface PlannedHome {
  readonly requestClass: RequestClass
  /** Seconds until it is a home: it may get warm before. */
  readonly delay: number
  /** Seconds for which it is a home. */
  readonly seconds: number
  /** The address of the worker that the class leaves, if it leaves one. */
  readonly instead?: string
}

export type HandOver =
  /** From a worker: it leaves soon, and takes only requests of these classes until then. */
  | {
      readonly step: 'leaving'
      /** The receiver finds other workers for the classes, and says when they have them. */
      readonly plans: boolean
      /** More classes follow in another frame. */
      readonly goesOn: boolean
      readonly classes: readonly HandedClass[]
    }
  /** To a worker: it should get warm for the class, and report the skill when it is. */
  | { readonly step: 'prepare'; readonly handed: HandedClass }
  /** To a worker that leaves: no class needs it any more. To one that joins: it has been asked all. */
  | { readonly step: 'done' }
  /**
   * To a worker: it should offer these classes; all that it serves, if there are none. `releases`:
   * the balancer will send it no more requests, and the worker answers with `leaving`.
   */
  | {
      readonly step: 'ask'
      readonly classes: readonly RequestClass[]
      readonly releases?: boolean
    }
  /** From a worker: what it was asked for, of the classes that it can tell how to get warm for. */
  | { readonly step: 'offer'; readonly goesOn: boolean; readonly classes: readonly HandedClass[] }
  /** To a worker: other workers serve these classes again, and it should report no skill. */
  | { readonly step: 'forget'; readonly classes: readonly RequestClass[] }
  /** From a worker that has just started: the receiver chooses classes for it to get warm for. */
  | { readonly step: 'joining' }
  /** From a worker that has said that it leaves: it does not. */
  | { readonly step: 'staying' }
  /** To a worker that was asked with `releases`: that has ended, and another balancer may plan. */
  | { readonly step: 'released' }
  /** From a worker: whether the receiver plans which classes get a home there. By default it does. */
  | { readonly step: 'lead'; readonly leads: boolean }
  /** To a worker: it should tell its other load balancers. */
  | { readonly step: 'plan'; readonly home: PlannedHome }
  /** From a worker: what another load balancer has planned. */
  | { readonly step: 'planned'; readonly home: PlannedHome }

const steps = {
  leaving: 0,
  prepare: 1,
  done: 2,
  ask: 3,
  offer: 4,
  forget: 5,
  joining: 6,
  staying: 7,
  released: 8,
  lead: 9,
  plan: 10,
  planned: 11,
} as const

/** The steps that workers send; load balancers send the others. */
const ofWorkers: ReadonlySet<HandOver['step']> = new Set([
  'leaving',
  'offer',
  'joining',
  'staying',
  'lead',
  'planned',
])

/** The steps of load balancers that share plans; they need no hand-over. */
const ofPlans: ReadonlySet<HandOver['step']> = new Set(['lead', 'plan', 'planned'])

export function senderOf({ step }: HandOver): 'worker' | 'balancer' {
  return ofWorkers.has(step) ? 'worker' : 'balancer'
}

/** Whether a peer with this HELLO knows the step. */
export function knowsStep(
  peer: Pick<Hello, 'handsOver' | 'sharesPlans'> | undefined,
  { step }: HandOver,
): boolean {
  return (ofPlans.has(step) ? peer?.sharesPlans : peer?.handsOver) === true
}

export function handOverRow(message: HandOver): Row {
  switch (message.step) {
    case 'leaving':
      return [steps.leaving, message.plans, message.goesOn, message.classes.map(classRow)]
    case 'prepare':
      return [steps.prepare, classRow(message.handed)]
    case 'ask':
      return [steps.ask, [...message.classes], message.releases === true]
    case 'forget':
      return [steps.forget, [...message.classes]]
    case 'offer':
      return [steps.offer, message.goesOn, message.classes.map(classRow)]
    case 'lead':
      return [steps.lead, message.leads]
    case 'plan':
    case 'planned':
      return [steps[message.step], ...homeRow(message.home)]
    case 'done':
    case 'joining':
    case 'staying':
    case 'released':
      return [steps[message.step]]
  }
}

/** Undefined for a step of a later release. */
export function readHandOver(value: unknown): HandOver | undefined {
  const row = asRow(value, 1, 'hand-over')
  switch (row[0]) {
    case steps.leaving:
      return {
        step: 'leaving',
        plans: row[1] === true,
        goesOn: row[2] === true,
        classes: asRow(row[3], 0, 'handed classes').map(readClass),
      }
    case steps.prepare:
      return { step: 'prepare', handed: readClass(row[1]) }
    case steps.done:
      return { step: 'done' }
    case steps.ask:
      return {
        step: 'ask',
        classes: asRow(row[1], 0, 'asked classes').map(asClass),
        ...(row[2] === true && { releases: true }),
      }
    case steps.offer: {
      const classes = asRow(row[2], 0, 'offered classes').map(readClass)
      return { step: 'offer', goesOn: row[1] === true, classes }
    }
    case steps.forget:
      return { step: 'forget', classes: asRow(row[1], 0, 'classes to forget').map(asClass) }
    case steps.joining:
      return { step: 'joining' }
    case steps.staying:
      return { step: 'staying' }
    case steps.released:
      return { step: 'released' }
    case steps.lead:
      return { step: 'lead', leads: row[1] === true }
    case steps.plan:
      return { step: 'plan', home: readHome(row) }
    case steps.planned:
      return { step: 'planned', home: readHome(row) }
    default:
      return undefined
  }
}

function homeRow({ requestClass, delay, seconds, instead }: PlannedHome): Row {
  const row = [requestClass, delay, seconds]
  return instead === undefined ? row : [...row, instead]
}

/** Of a row that begins with the step. */
function readHome(row: Row): PlannedHome {
  return {
    requestClass: asClass(row[1]),
    delay: asSeconds(row[2], 'delay of a home'),
    seconds: asSeconds(row[3], 'time of a home'),
    ...(row.length > 4 && { instead: asString(row[4], 'address of a worker') }),
  }
}

function classRow({ requestClass, seconds, requests, rate }: HandedClass): Row {
  const row = [requestClass, seconds, requests.map(sampleRow)]
  return rate === undefined ? row : [...row, rate]
}

function readClass(value: unknown): HandedClass {
  const row = asRow(value, 3, 'handed class')
  return {
    requestClass: asClass(row[0]),
    seconds: asSeconds(row[1], 'service time'),
    requests: asRow(row[2], 0, 'sample requests').map(readSample),
    ...(row.length > 3 && { rate: asMeasure(row[3], 'rate', maxRate) }),
  }
}

function sampleRow({ method, url, headers, encrypted }: SampleRequest): Row {
  return [method, url, headers, encrypted]
}

function readSample(value: unknown): SampleRequest {
  const row = asRow(value, 4, 'sample request')
  const method = asString(row[0], 'method')
  if (method !== 'GET' && method !== 'HEAD') throw bad(`method ${method}, expected GET or HEAD`)
  const [url, headers] = [asString(row[1], 'url'), asString(row[2], 'headers')]
  return { method, url, headers, encrypted: row[3] === true }
}
