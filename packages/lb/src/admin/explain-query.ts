/** What `GET /explain` is asked, a class or a request to classify, and what it answers. */
import type { IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import type { RequestView } from '../http/request-view.ts'
import type { Candidate, Explanation } from '../pool/explanation.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { AdminSource } from './admin-source.ts'
import { whyChosen } from './why.ts'

/** Header fields of the request to classify that are looked at. */
const maxFields = 50

/** The answer to `GET /explain`. Times are in seconds. */
export interface ExplainAnswer {
  /** The class of the request. */
  readonly requestClass: string
  /** The version of the application that the request asks for; null if it asks for none. */
  readonly version: string | null
  /** The session that the request names; null if it names none. */
  readonly session: string | null
  /** The worker that would get it; null if none can. */
  readonly chosen: string | null
  /** In one sentence. */
  readonly why: string
  /** The workers that were considered; figures that the policy does not use are absent. */
  readonly candidates: readonly Candidate<string>[]
  /** With `--processes`: the one that answers. */
  readonly process?: number
}

/** Why a question has no answer. */
export interface BadQuestion {
  readonly error: string
}

/**
 * Answers `?class=NAME`, or `?host=NAME&path=PATH&method=GET&header=Name:value`. Changes nothing.
 */
export function explainQuery(
  query: URLSearchParams,
  source: AdminSource,
): ExplainAnswer | BadQuestion {
  const name = query.get('class')
  if (name === null && !query.has('host') && !query.has('path') && !query.has('header')) {
    return { error: 'Expected ?class=NAME, or ?host=NAME&path=PATH.' }
  }
  const pick = name === null ? source.classify(requestOf(query)) : pickOf(name, query)
  const explanation = source.explain(pick)
  if (explanation === undefined)
    return { error: 'The balancing policy cannot explain its choices.' }
  return answerOf(pick, explanation)
}

function answerOf(pick: PickArgs, explanation: Explanation<string>): ExplainAnswer {
  return {
    requestClass: pick.requestClass,
    version: pick.version ?? null,
    session: pick.session ?? null,
    chosen: explanation.chosen ?? null,
    why: whyChosen(explanation),
    candidates: explanation.candidates,
  }
}

function pickOf(requestClass: string, query: URLSearchParams): PickArgs {
  const [version, session] = [query.get('version'), query.get('session')]
  return {
    requestClass,
    ...(version !== null && { version }),
    ...(session !== null && { session }),
  }
}

/** An imagined request, as classifiers see it. */
function requestOf(query: URLSearchParams): RequestView {
  const fields = query.getAll('header').slice(0, maxFields).map(fieldOf)
  const host = query.get('host')
  if (host !== null) fields.unshift(['Host', host])
  const headers: IncomingHttpHeaders = {}
  for (const [field, value] of fields) headers[field.toLowerCase()] ??= value
  return {
    method: query.get('method') ?? 'GET',
    url: query.get('path') ?? '/',
    httpVersion: '1.1',
    headers,
    rawHeaders: fields.flat(),
    socket: new Socket(),
  }
}

function fieldOf(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}
