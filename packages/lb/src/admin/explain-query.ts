/** What `/explain` is asked, a class or a request to classify, and what it answers. */
import { boundPick } from '../classify/classifier.ts'
import { ReadBody } from '../http/body-view.ts'
import type { RequestView } from '../http/request-view.ts'
import type { Candidate, Explanation } from '../pool/explanation.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { AdminSource } from './admin-source.ts'
import { imaginedRequest } from './imagined-request.ts'
import { whyChosen } from './why.ts'

/** The answer to `/explain`. Times are in seconds. */
export interface ExplainAnswer {
  /** The class of the request. */
  readonly requestClass: string
  /** The version of the application that the request asks for; null if it asks for none. */
  readonly version: string | null
  /** The session that the request names; null if it names none. */
  readonly session: string | null
  /** The units of the request; null if it tells none. */
  readonly units: number | null
  /** The number of links of its chain; null if it has none. */
  readonly links: number | null
  /** Whether it was classified with its body; null if none was given. */
  readonly readsBody: boolean | null
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
 * Answers `?class=NAME`, with `units` and the names of a `chain` if they are given, or
 * `?host=NAME&path=PATH&method=GET&header=Name:value`. A `body` is that of the request. Changes
 * nothing.
 */
export function explainQuery(
  query: URLSearchParams,
  source: AdminSource,
  body?: Buffer,
): ExplainAnswer | BadQuestion {
  const name = query.get('class')
  const isAsked = ['class', 'host', 'path', 'header'].some((each) => query.has(each))
  if (!isAsked && body === undefined) {
    return { error: 'Expected ?class=NAME, or ?host=NAME&path=PATH, or a body (POST).' }
  }
  if (name === null) return explainRequest(imaginedRequest(query, body), source, body)
  if (body !== undefined) return { error: 'Expected a class, or a request with a body, not both.' }
  const pick = pickOf(name, query)
  return 'error' in pick ? pick : explainPick(pick, null, source)
}

function explainRequest(request: RequestView, source: AdminSource, body: Buffer | undefined) {
  if (body === undefined) return explainPick(source.classify(request), null, source)
  const readsBody = source.readsBody(request, body.length)
  const pick = source.classify(request, readsBody ? new ReadBody(body) : undefined)
  return explainPick(pick, readsBody, source)
}

function explainPick(
  pick: PickArgs,
  readsBody: boolean | null,
  source: AdminSource,
): ExplainAnswer | BadQuestion {
  const explanation = source.explain(pick)
  if (explanation === undefined)
    return { error: 'The balancing policy cannot explain its choices.' }
  return answerOf(pick, readsBody, explanation)
}

function answerOf(
  pick: PickArgs,
  readsBody: boolean | null,
  explanation: Explanation<string>,
): ExplainAnswer {
  const { requestClass, version = null, session = null, units = null, chain } = pick
  const links = chain?.length ?? null
  return {
    ...{ requestClass, version, session, units, links, readsBody },
    chosen: explanation.chosen ?? null,
    why: whyChosen(explanation, { units, links }),
    candidates: explanation.candidates,
  }
}

function pickOf(requestClass: string, query: URLSearchParams): PickArgs | BadQuestion {
  const [version, session, units] = [query.get('version'), query.get('session'), query.get('units')]
  if (units !== null && !(units.trim() !== '' && Number(units) >= 0 && Number(units) < Infinity)) {
    return { error: `Expected units to be a number from 0, got ${units}.` }
  }
  return boundPick({
    requestClass,
    ...(version !== null && { version }),
    ...(session !== null && { session }),
    ...(units !== null && { units: Number(units) }),
    ...(query.has('chain') && { chain: query.getAll('chain') }),
  })
}
