import { describe, expect, test } from 'vitest'
import { connectionCodes, ProtocolError } from '../src/errors.ts'
import {
  goodbyeRow,
  type Hello,
  helloMap,
  loadRow,
  readGoodbye,
  readHello,
  readLoad,
} from '../src/hello.ts'
import {
  balancerIdentity,
  limits,
  overWire,
  workerHello,
  workerIdentity,
} from './support/samples.ts'

const badMessage = expect.objectContaining({ code: 'BAD_MESSAGE' })
const hellos: Record<string, Hello> = {
  balancer: { ...balancerIdentity, limits },
  monitor: { ...balancerIdentity, role: 'monitor', limits },
  worker: { ...workerIdentity, limits },
  'worker that reports its balancers': {
    ...workerIdentity,
    worker: { ...workerHello, balancers: 2 },
    limits,
  },
  'worker that takes upgrades': {
    ...workerIdentity,
    worker: { ...workerHello, upgrades: true },
    limits,
  },
  'balancer that keeps sessions': { ...balancerIdentity, keepsSessions: true, limits },
  'worker on standby with a capacity': {
    ...workerIdentity,
    worker: { ...workerHello, standby: true, capacity: 2.5, unlimited: true },
    limits,
  },
  'worker that is warm for links': {
    ...workerIdentity,
    worker: { ...workerHello, warmth: { links: 17 } },
    limits,
  },
  'worker that knows what its application keeps': {
    ...workerIdentity,
    worker: { ...workerHello, warmth: { links: 17, capacity: 304 } },
    limits,
  },
  'balancer that knows hand-overs': { ...balancerIdentity, handsOver: true, limits },
  'balancer that shares plans': { ...balancerIdentity, sharesPlans: true, limits },
  'balancer that knows sizes': { ...balancerIdentity, sizes: true, limits },
  'worker that knows sizes': { ...workerIdentity, sizes: true, limits },
  'worker with a long résumé': { ...workerIdentity, limits, moreSkills: 17 },
}
const workerMap = () => helloMap(hellos['worker']!)

describe('a HELLO', () => {
  test.each(Object.entries(hellos))('of a %s arrives as it was sent', (_role, hello) => {
    expect(readHello(overWire(helloMap(hello)))).toEqual(hello)
  })

  test('may have more keys in a later version', () => {
    expect(readHello(workerMap().set('new', [1, 2]))).toEqual(hellos['worker'])
  })

  test.each([
    ['role', 'boss'],
    ['software', null],
    ['id', 5],
    ['window', 0],
    ['window', 1.5],
    ['window', '65536'],
    ['maxStreams', -1],
    ['description', undefined],
    ['version', 7],
    ['load', [1]],
    ['balancers', -1],
    ['balancers', '2'],
    ['capacity', 0],
    ['capacity', 101],
    ['capacity', '2'],
    ['warmth', 3],
    ['warmth', [-1]],
    ['warmth', [1, 'all']],
    ['resume', {}],
    ['resume', new Map([['a', null]])],
    ['resume', new Map([['a', [1, 2, 3]]])],
    ['resume', new Map([[5, [1, 2, 3, 4]]])],
    ['moreSkills', 0],
  ])('is refused when its %s is %j', (key, value) => {
    expect(() => readHello(workerMap().set(key, value))).toThrow(badMessage)
  })

  test.each([null, [], 'worker'])('is not %j', (value) => {
    expect(() => readHello(value)).toThrow(badMessage)
  })
})

describe('a load', () => {
  test('arrives as it was sent', () => {
    expect(readLoad(overWire(loadRow(workerHello.load)))).toEqual(workerHello.load)
  })

  test('of a draining worker may say that it takes requests of sessions', () => {
    const load = { ...workerHello.load, state: 'draining', takesSessions: true } as const
    expect(readLoad(overWire(loadRow(load)))).toEqual(load)
  })

  test('says what other load balancers have in progress, whatever else it says', () => {
    const others = { requests: 3, seconds: 4.5 }
    for (const more of [{}, { takesSessions: true }, { maintenance: true } as const]) {
      const load = { ...workerHello.load, ...more, others }
      expect(readLoad(overWire(loadRow(load)))).toEqual(load)
    }
  })

  test('of a warming worker may report its progress', () => {
    const load = { ...workerHello.load, state: 'warming', warmUp: { done: 12, total: 40 } } as const
    expect(readLoad(overWire(loadRow(load)))).toEqual(load)
  })

  test.each([{}, { takesSessions: true }])('of a worker in maintenance says so (%j)', (more) => {
    const load = { ...workerHello.load, state: 'draining', ...more, maintenance: true } as const
    expect(readLoad(overWire(loadRow(load)))).toEqual(load)
  })

  test('says that there is no concurrency limit, whatever else it says', () => {
    const others = { requests: 3, seconds: 1.5 }
    const load = { ...workerHello.load, others, unlimited: true }
    expect(readLoad(overWire(loadRow(load)))).toEqual(load)
    const alone = { ...workerHello.load, unlimited: true }
    const none = { requests: 0, seconds: 0 }
    expect(readLoad(overWire(loadRow(alone)))).toEqual({ ...alone, others: none })
  })

  test.each([
    ['an unknown state', ['busy', 1, 0, 0]],
    ['no concurrency', ['ready', 0, 0, 0]],
    ['less than no requests', ['ready', 1, -1, 0]],
    ['a delay that is no number', ['ready', 1, 0, Number.NaN]],
    ['less than everything', ['ready', 1, 0]],
    ['half a progress', ['warming', 1, 0, 0, false, 3]],
  ])('is refused with %s', (_rule, row) => expect(() => readLoad(row)).toThrow(badMessage))
})

describe('a GOODBYE', () => {
  test('arrives with its code', () => {
    for (const code of Object.keys(connectionCodes) as (keyof typeof connectionCodes)[]) {
      const reason = readGoodbye(overWire(goodbyeRow(new ProtocolError(code, 'because'))))
      expect(reason).toMatchObject({ code, message: 'the peer closed the connection: because' })
    }
  })

  test('of a later version is a DISCONNECTED that keeps its words', () => {
    expect(readGoodbye([999, 'tea time'])).toMatchObject({
      code: 'DISCONNECTED',
      message: 'the peer closed the connection: tea time',
    })
  })

  test('does not grow with its reason', () => {
    const row = goodbyeRow(new ProtocolError('CLOSED', 'x'.repeat(100_000)))
    expect(row[1]).toHaveLength(1000)
  })

  test.each([[null], [[1]], [['1', 'x']], [[1, 2]]])('is not %j', (value) => {
    expect(() => readGoodbye(value)).toThrow(badMessage)
  })
})
