/**
 * Whatever a client sends and however a handler reads it, a worker behind a load balancer does what
 * Node's own server does. `BODY_RUNS` sets how many lists of cases are tried; a failure prints its
 * seed and path, which `BODY_SEED` and `BODY_PATH` take.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BodyCase, bodyCases, type ReaderName } from '../support/bodies/body-case.ts'
import {
  type CaseServer,
  type End,
  type Outcome,
  spoils,
  startDirect,
  startNode,
  startUpstream,
  startWorker,
  takesAll,
} from '../support/bodies/case-server.ts'

const { BODY_RUNS: runs = '20', BODY_SEED: seed, BODY_PATH: path = '' } = process.env

/** Cases that run at once. */
const atOnce = 4

const ends: End[] = []
let node: CaseServer

beforeAll(async () => {
  node = await startNode(ends)
})

afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

/**
 * Readers that have begun when the call returns. Of the others that answer first, Node throws what
 * comes away while they begin.
 */
const flowingReaders: ReadonlySet<ReaderName> = new Set(['none', 'data', 'hex', 'pipe', 'pipeline'])

/** What must be the same. Where Node itself leaves it to chance, it is left out. */
function comparable({ body, plan }: BodyCase, outcome: Outcome, isNoticed: boolean) {
  const { sight, hasBroken, isStuck } = outcome
  const leaves = body.leavesAfter < 1
  // Whoever answers first and does not read on, and whoever leaves, does not see what comes later.
  const isDumped = plan.answers === 'first' && !flowingReaders.has(plan.reader)
  const seesEnd = !leaves && takesAll(plan) && isNoticed && !isDumped
  return {
    isStuck,
    // A balancer has an answer of its own for a handler that breaks off.
    answer: leaves || hasBroken || plan.answers === 'never' ? '' : outcome.answer,
    framing: leaves ? [] : sight?.framing,
    isPrefix: sight?.isPrefix ?? true,
    bytes: takesAll(plan) && !leaves && !isDumped ? sight?.bytes : -1,
    reading: leaves || isDumped ? '' : sight?.reading,
    requestEvents: seesEnd ? sight?.requestEvents : [],
    responseEvents: isNoticed && !leaves && !hasBroken ? sight?.responseEvents : [],
    // Of a body that nobody wants the end does not come.
    state: seesEnd ? { ...sight?.state, ...(plan.reader === 'none' && { trailers: {} }) } : {},
  }
}

type Judge = (bodyCase: BodyCase) => boolean

/** `notices` tells of which cases the server must notice that the client leaves if Node does. */
async function behaveAlike(
  server: CaseServer,
  cases: readonly BodyCase[],
  notices: Judge,
): Promise<void> {
  const [theirs, ours] = await Promise.all([
    Promise.all(cases.map((one) => node.run(one))),
    Promise.all(cases.map((one) => server.run(one))),
  ])
  const isNoticed = (at: number) =>
    theirs[at]?.isClosed === true && (ours[at]?.isClosed || notices(cases[at] as BodyCase))
  expect(ours.map((one, at) => comparable(cases[at] as BodyCase, one, isNoticed(at)))).toEqual(
    theirs.map((one, at) => comparable(cases[at] as BodyCase, one, isNoticed(at))),
  )
  for (const [at, one] of ours.entries()) {
    expect(one.isClosed || !isNoticed(at), 'the handler hears of its end').toBe(true)
  }
}

describe('request bodies', () => {
  test.each([
    {
      name: 'without a limit',
      start: startWorker,
      options: {},
      admits: always,
      notices: readsToEndOrFits,
    },
    {
      name: 'one at a time',
      start: startWorker,
      options: { concurrency: 1 },
      // Who never answers and reads nothing keeps the only slot until the response is given up.
      admits: endsSoon,
      notices: readsToEndOrFits,
    },
    {
      name: 'by an upstream',
      start: startUpstream,
      options: {},
      admits: always,
      // Whether Node's server sees the end of a connection that it does not read to its end depends
      // on where the pieces of the body are cut, and they are cut anew on the way to it.
      notices: readsToEnd,
    },
    {
      name: 'without a worker',
      start: startDirect,
      options: {},
      // The next request on the connection would get no response.
      admits: (bodyCase: BodyCase) => !spoils(bodyCase),
      notices: readsToEnd,
    },
  ])(
    'are what Node makes of them, $name',
    async ({ start, options, admits, notices }) => {
      const server = await start(ends, options)
      const lists = fc.array(bodyCases.filter(admits), { minLength: 1, maxLength: atOnce })
      const property = fc.asyncProperty(lists, (cases) => behaveAlike(server, cases, notices))
      const replay = seed === undefined ? {} : { seed: Number(seed), path }
      await fc.assert(property, { numRuns: Number(runs), endOnFailure: true, ...replay })
    },
    600_000,
  )
})

function always(): boolean {
  return true
}

function readsToEnd({ plan }: BodyCase): boolean {
  return takesAll(plan)
}

/**
 * A connection that still holds a body that is not read hides that the client has left. With Node's
 * server it depends on the cuts whether it has read that far; here, on the window of a stream.
 */
function readsToEndOrFits({ plan, body }: BodyCase): boolean {
  return takesAll(plan) || body.size < windowSize
}

/** Bytes of a body that are on the way to a worker although its handler reads nothing. */
const windowSize = 65_536

function endsSoon({ plan }: BodyCase): boolean {
  return plan.answers !== 'never' || takesAll(plan)
}
