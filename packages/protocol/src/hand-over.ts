/**
 * HANDOVER: how a worker that is about to leave hands its classes over to others, through a load
 * balancer. Pure.
 */
import { asClass, asMeasure, asRow, asString, bad, type Row } from './fields.ts'
import type { RequestClass } from './resume.ts'

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
  /** Mean service time in seconds at the worker that leaves. */
  readonly seconds: number
  readonly requests: readonly SampleRequest[]
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
  /** To the worker that leaves: no class needs it any more. */
  | { readonly step: 'done' }

const steps = { leaving: 0, prepare: 1, done: 2 } as const

export function handOverRow(message: HandOver): Row {
  switch (message.step) {
    case 'leaving':
      return [steps.leaving, message.plans, message.goesOn, message.classes.map(classRow)]
    case 'prepare':
      return [steps.prepare, classRow(message.handed)]
    case 'done':
      return [steps.done]
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
    default:
      return undefined
  }
}

function classRow({ requestClass, seconds, requests }: HandedClass): Row {
  return [requestClass, seconds, requests.map(sampleRow)]
}

function readClass(value: unknown): HandedClass {
  const row = asRow(value, 3, 'handed class')
  return {
    requestClass: asClass(row[0]),
    seconds: asMeasure(row[1], 'service time'),
    requests: asRow(row[2], 0, 'sample requests').map(readSample),
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
