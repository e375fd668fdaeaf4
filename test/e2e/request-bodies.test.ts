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
 * Readers that have begun when the call returns. If any other answers first, Node's server discards
 * what arrives before it begins.
 */
const flowingReaders: ReadonlySet<ReaderName> = new Set(['none', 'data', 'hex', 'pipe', 'pipeline'])

/**
 * Whether it depends on the moment at which the body arrives how much of it the handler reads. Then
 * it also depends on that moment whether the handler reaches the place at which it breaks off.
 */
function isReadByChance({ plan }: BodyCase): boolean {
  return plan.answers === 'first' && !flowingReaders.has(plan.reader)
}

/** Breaks off at the end of a body of which Node's server may have discarded the rest before. */
const brokenByChance: BodyCase = {
  body: { framing: 'length', size: 8034, cuts: [12, 96, 94], hasTrailers: true, leavesAfter: 1 },
  plan: {
    delay: 1,
    reader: 'readable',
    pieceSize: 1,
    stopsAfter: 0.999_999,
    stop: 'destroy',
    rests: false,
    answers: 'first',
  },
}

/** What became of a case at Node's own server, and at the server that is tested. */
interface Pair {
  readonly bodyCase: BodyCase
  readonly theirs: Outcome
  readonly ours: Outcome
  /** Whether both must see that the request is over. */
  readonly isNoticed: boolean
}

/** What must be the same. Where Node itself leaves it to chance, it is left out. */
function comparable({ bodyCase, theirs, ours, isNoticed }: Pair, outcome: Outcome) {
  const { body, plan } = bodyCase
  const { sight, isStuck } = outcome
  const leaves = body.leavesAfter < 1
  // A handler that answers first and does not read on, or whose client has left, does not see what
  // comes later.
  const isByChance = isReadByChance(bodyCase)
  const hasBroken = isByChance ? theirs.hasBroken || ours.hasBroken : outcome.hasBroken
  const seesEnd = !leaves && takesAll(plan) && isNoticed && !isByChance
  return {
    isStuck,
    // A load balancer has an answer of its own for a handler that breaks off.
    answer: leaves || hasBroken || plan.answers === 'never' ? '' : outcome.answer,
    framing: leaves ? [] : sight?.framing,
    isPrefix: sight?.isPrefix ?? true,
    bytes: takesAll(plan) && !leaves && !isByChance ? sight?.bytes : -1,
    reading: leaves || isByChance ? '' : sight?.reading,
    requestEvents: seesEnd ? sight?.requestEvents : [],
    responseEvents: isNoticed && !leaves && !hasBroken ? sight?.responseEvents : [],
    // The end of a body that is not read does not come.
    state: seesEnd ? { ...sight?.state, ...(plan.reader === 'none' && { trailers: {} }) } : {},
  }
}

type Judge = (bodyCase: BodyCase) => boolean

/** `notices` says of which cases the server must notice that the client leaves if Node does. */
async function behaveAlike(
  server: CaseServer,
  cases: readonly BodyCase[],
  notices: Judge,
): Promise<void> {
  const run = (bodyCase: BodyCase) => Promise.all([node.run(bodyCase), server.run(bodyCase)])
  const pairs = await Promise.all(
    cases.map(async (bodyCase): Promise<Pair> => {
      const [theirs, ours] = await run(bodyCase)
      const isNoticed = theirs.isClosed && (ours.isClosed || notices(bodyCase))
      return { bodyCase, theirs, ours, isNoticed }
    }),
  )
  expect(pairs.map((pair) => comparable(pair, pair.ours))).toEqual(
    pairs.map((pair) => comparable(pair, pair.theirs)),
  )
  for (const pair of pairs) {
    expect(pair.ours.isClosed || !pair.isNoticed, 'the handler hears of its end').toBe(true)
    if (isReadByChance(pair.bodyCase)) answersUnlessBroken(pair.bodyCase, pair.ours)
  }
}

/** What must be so although Node's handler may have broken off, and so does not show it. */
function answersUnlessBroken({ body }: BodyCase, { answer, hasBroken }: Outcome): void {
  if (body.leavesAfter === 1 && !hasBroken) expect(answer).toBe('200 answer')
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
      const examples: [BodyCase[]][] = admits(brokenByChance) ? [[[brokenByChance]]] : []
      await fc.assert(property, { numRuns: Number(runs), examples, endOnFailure: true, ...replay })
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
