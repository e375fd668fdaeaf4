import { silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import type { HandOver, Skill } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { HandOvers } from '../../../src/workers/hand-over/hand-overs.ts'
import type { Worker } from '../../../src/workers/worker.ts'
import { traitsOf } from '../../pool/support/play.ts'

const skill: Skill = { score: 1, seconds: 1, count: 1, rate: 0 }

function workerNamed(key: string, knowsHandOvers = true) {
  const got: string[] = []
  const handOver = (message: HandOver) => {
    if (!knowsHandOvers) return false
    if (message.step === 'prepare') got.push(`prepare ${message.handed.requestClass}`)
    else if (message.step === 'forget') got.push(`forget ${message.classes.join('')}`)
    else got.push(message.step)
    return true
  }
  return {
    got,
    worker: {
      key,
      handOver,
      handsOver: knowsHandOvers,
      traits: traitsOf(key),
    } as unknown as Worker,
  }
}

const leaving = (classes: string, more: { plans?: boolean; goesOn?: boolean } = {}) => ({
  ...{ step: 'leaving' as const, plans: true, goesOn: false },
  ...more,
  classes: [...classes].map((requestClass) => ({ requestClass, seconds: 1, requests: [] })),
})

function setUp() {
  const [one, two, three] = [workerNamed('w1'), workerNamed('w2'), workerNamed('w3', false)]
  const avoided: string[][] = []
  // Class c can go to the worker that knows no hand-overs only, class d to none.
  const choices: Record<string, Worker> = { a: two.worker, b: two.worker, c: three.worker }
  const clock = new ManualClock()
  const handOvers = new HandOvers({
    ...{ clock, log: silentLogger },
    summaries: () => undefined,
    choose: (requestClass, avoid) => {
      avoided.push([...avoid].map(({ key }) => key))
      return choices[requestClass]
    },
  })
  const keeps = () => {
    const { keeps: kept } = handOvers.traitsOf(one.worker, traitsOf('w1'))
    return kept && [...kept].join('')
  }
  return { one, two, three, avoided, handOvers, keeps, clock }
}

describe('a hand-over', () => {
  test('prepares each class at the worker that would get it', () => {
    const { one, two, avoided, handOvers, keeps } = setUp()
    handOvers.begin(one.worker, leaving('ab'))
    expect(two.got).toEqual(['prepare a', 'prepare b'])
    expect(avoided).toEqual([['w1'], ['w1']])
    expect([keeps(), one.got]).toEqual(['ab', []])
  })

  test('is done when other workers have reported all skills', () => {
    const { one, two, handOvers, keeps } = setUp()
    handOvers.begin(one.worker, leaving('ab'))
    handOvers.onUpdate(one.worker, { changes: new Map([['a', skill]]) })
    handOvers.onUpdate(two.worker, { changes: new Map([['b', null]]) })
    expect(keeps()).toBe('ab')
    handOvers.onUpdate(two.worker, { changes: new Map([['a', skill]]) })
    expect([keeps(), one.got]).toEqual(['b', []])
    handOvers.onUpdate(two.worker, { changes: new Map([['b', skill]]) })
    expect([keeps(), one.got]).toEqual(['', ['done']])
  })

  test('keeps no class that no worker can prepare', () => {
    const { one, handOvers, keeps } = setUp()
    handOvers.begin(one.worker, leaving('cd'))
    expect([keeps(), one.got]).toEqual(['', ['done']])
  })

  test('waits for all classes to be named', () => {
    const { one, handOvers } = setUp()
    handOvers.begin(one.worker, leaving('', { goesOn: true }))
    expect(one.got).toEqual([])
    handOvers.begin(one.worker, leaving(''))
    expect(one.got).toEqual(['done'])
  })

  test('is followed, and not planned, where another load balancer plans it', () => {
    const { one, two, handOvers, keeps } = setUp()
    handOvers.begin(one.worker, leaving('abc', { plans: false }))
    handOvers.onUpdate(two.worker, { changes: new Map([['a', skill]]) })
    expect([keeps(), one.got, two.got]).toEqual(['bc', [], []])
  })

  test('is planned by this load balancer when the one that planned it is lost', () => {
    const { one, two, handOvers, keeps } = setUp()
    handOvers.begin(one.worker, leaving('ab', { plans: false }))
    handOvers.onUpdate(two.worker, { changes: new Map([['a', skill]]) })
    handOvers.begin(one.worker, leaving('ab'))
    expect([keeps(), two.got, one.got]).toEqual(['b', ['prepare b'], []])
    handOvers.onUpdate(two.worker, { changes: new Map([['b', skill]]) })
    expect(one.got).toEqual(['done'])
  })

  test('spreads the classes by the room that workers have, if the pool knows it', () => {
    const [one, two, three] = [workerNamed('w1'), workerNamed('w2'), workerNamed('w3')]
    const old = workerNamed('w4', false)
    const none = { weight: 1, classes: 0, demand: 0, countOf: () => 0, demandOf: () => 0 }
    const all = [one, two, three, old].map(({ worker }) => ({ ...none, worker }))
    const handOvers = new HandOvers({
      clock: new ManualClock(),
      log: silentLogger,
      summaries: () => all,
      choose: () => two.worker,
    })
    handOvers.begin(one.worker, leaving('abcd'))
    expect([two.got, three.got]).toEqual([
      ['prepare a', 'prepare c'],
      ['prepare b', 'prepare d'],
    ])
  })

  test('leaves classes that another worker serves to that one when the worker is back', async () => {
    const [one, two] = [workerNamed('w1'), workerNamed('w2')]
    // Worker 2 has served both, but most of class a only.
    const summary = {
      ...{ worker: two.worker, weight: 1, classes: 2, demand: 1, countOf: () => 5 },
      demandOf: (requestClass: string) => (requestClass === 'a' ? 1 : 0),
    }
    const clock = new ManualClock()
    const handOvers = new HandOvers({
      ...{ clock, log: silentLogger, summaries: () => [summary], choose: () => undefined },
    })
    const message = leaving('ab')
    const classes = message.classes.map((handed) => ({ ...handed, rate: 0.1 }))
    handOvers.begin(one.worker, { ...message, classes })
    expect(two.got).toEqual(['prepare a', 'prepare b'])
    handOvers.lose(one.worker)
    const resume = new Map([...'ab'].map((requestClass) => [requestClass, skill]))
    handOvers.onUpdate(one.worker, { traits: traitsOf('w1'), resume })
    await clock.advance(5_000)
    // Both had class b before, and have it again.
    expect([one.got, two.got.slice(2)]).toEqual([['forget a'], []])
  })

  test('has ended for the others when the worker is back: they forget its classes', async () => {
    const { one, two, handOvers, clock } = setUp()
    handOvers.begin(one.worker, leaving('a'))
    handOvers.onUpdate(two.worker, { changes: new Map([['a', skill]]) })
    handOvers.end(one.worker)
    handOvers.lose(one.worker)
    handOvers.onUpdate(one.worker, { traits: traitsOf('w1'), resume: new Map([['a', skill]]) })
    await clock.advance(5_000)
    expect(two.got).toEqual(['prepare a', 'forget a'])
  })

  test('ends what was about to return to the worker', async () => {
    const { one, two, handOvers, clock } = setUp()
    handOvers.begin(one.worker, leaving('a'))
    handOvers.onUpdate(two.worker, { changes: new Map([['a', skill]]) })
    handOvers.lose(one.worker)
    handOvers.onUpdate(one.worker, { traits: traitsOf('w1'), resume: new Map([['a', skill]]) })
    handOvers.begin(one.worker, leaving('a'))
    await clock.advance(5_000)
    expect(two.got).toEqual(['prepare a', 'prepare a'])
  })

  test('goes to no worker that leaves as well', () => {
    const { one, two, avoided, handOvers } = setUp()
    handOvers.begin(two.worker, leaving('c'))
    handOvers.begin(one.worker, leaving('a'))
    expect(avoided.at(-1)).toEqual(['w2', 'w1'])
  })

  test('ends with the connection', () => {
    const { one, handOvers, keeps } = setUp()
    handOvers.begin(one.worker, leaving('a'))
    handOvers.end(one.worker)
    expect(keeps()).toBeUndefined()
  })
})

test('a worker with hand-overs gets warm for a class that the pool wants there', () => {
  const [one, two, old] = [workerNamed('w1'), workerNamed('w2'), workerNamed('w3', false)]
  const none = { weight: 1, classes: 0, demand: 0, demandOf: () => 0 }
  const summaries = [{ ...none, worker: one.worker, countOf: () => 5 }]
  const handOvers = new HandOvers({
    ...{ clock: new ManualClock(), log: silentLogger },
    ...{ summaries: () => summaries, choose: () => undefined },
  })
  expect(handOvers.traitsOf(old.worker, traitsOf('w3')).prepare).toBeUndefined()
  expect(handOvers.traitsOf(two.worker, traitsOf('w2')).prepare?.('a')).toBe(true)
  expect(one.got).toEqual(['ask'])
  const classes = [{ requestClass: 'a', seconds: 1, requests: [] }]
  handOvers.receive(one.worker, { step: 'offer', goesOn: false, classes }, [])
  expect(two.got).toEqual(['prepare a'])
})

describe('a worker that gets no more requests from this load balancer', () => {
  const message = leaving('ab')

  test('keeps each class until another worker is warm for it', () => {
    const { one, two, handOvers, keeps } = setUp()
    let isOver = false
    handOvers.release(one.worker, true, () => {
      isOver = true
    })
    expect([one.got, keeps(), handOvers.has(one.worker)]).toEqual([['ask'], undefined, true])
    handOvers.begin(one.worker, message)
    handOvers.onUpdate(two.worker, { changes: new Map([['a', skill]]) })
    expect([keeps(), handOvers.waitingOf(one.worker), isOver]).toEqual(['b', 1, false])
    handOvers.onUpdate(two.worker, { changes: new Map([['b', skill]]) })
    expect([handOvers.has(one.worker), isOver]).toEqual([false, true])
    expect(one.got).toEqual(['ask', 'released'])
  })

  test.each([
    [true, 'forget ab'],
    [false, undefined],
  ])(
    'gets its classes back when it is ready again, if it comes back: %s',
    async (returns, last) => {
      const { one, two, handOvers, clock } = setUp()
      handOvers.release(one.worker, returns, () => undefined)
      handOvers.begin(one.worker, message)
      handOvers.onUpdate(two.worker, {
        changes: new Map([
          ['a', skill],
          ['b', skill],
        ]),
      })
      handOvers.onUpdate(one.worker, { traits: traitsOf('w1', { state: 'draining' }) })
      handOvers.onUpdate(one.worker, { traits: traitsOf('w1') })
      await clock.advance(5_000)
      expect(two.got[2]).toBe(last)
    },
  )

  test('is not waited for longer than ten seconds', async () => {
    const { one, handOvers, clock } = setUp()
    let isOver = false
    handOvers.release(one.worker, true, () => {
      isOver = true
    })
    handOvers.begin(one.worker, message)
    await clock.advance(9_999)
    expect(isOver).toBe(false)
    await clock.advance(1)
    expect([isOver, handOvers.has(one.worker)]).toEqual([true, false])
  })

  test('is told when that ends before its classes have moved', () => {
    const { one, handOvers } = setUp()
    handOvers.release(one.worker, true, () => undefined)
    handOvers.begin(one.worker, message)
    handOvers.end(one.worker)
    handOvers.end(one.worker)
    expect(one.got).toEqual(['ask', 'released'])
  })

  test('is released at once if it does not know hand-overs', () => {
    const { three, handOvers } = setUp()
    expect(handOvers.release(three.worker, true, () => undefined)).toBe(false)
    expect(handOvers.has(three.worker)).toBe(false)
  })
})

describe('a worker with several load balancers', () => {
  const home = { requestClass: 'a', delay: 0, seconds: 20 }

  test('hears what this one plans, until another one plans for it', () => {
    const { three, handOvers } = setUp()
    const sent: unknown[] = []
    const handOver = (message: HandOver) => sent.push(message) > 0
    const worker = { ...three.worker, handOver } as Worker
    const traits = () => handOvers.traitsOf(worker, traitsOf('w3'))
    traits().announce?.(home)
    expect(sent).toEqual([{ step: 'plan', home }])
    expect(handOvers.receive(worker, { step: 'lead', leads: false }, [])).toBe(true)
    expect(handOvers.receive(worker, { step: 'lead', leads: false }, [])).toBe(false)
    expect(traits()).toEqual({ ...traitsOf('w3'), follows: true })
    expect(handOvers.receive(worker, { step: 'lead', leads: true }, [])).toBe(true)
    expect(traits()).toMatchObject({ announce: expect.any(Function) })
  })

  test('is one for which this one plans when it is connected again, and says nothing', () => {
    const { one, handOvers } = setUp()
    handOvers.receive(one.worker, { step: 'lead', leads: false }, [])
    handOvers.lose(one.worker)
    expect(handOvers.traitsOf(one.worker, traitsOf('w1')).follows).toBeUndefined()
  })

  test('keeps the planner that it has while it leaves', () => {
    const { one, handOvers } = setUp()
    handOvers.receive(one.worker, { step: 'lead', leads: false }, [])
    handOvers.begin(one.worker, leaving('ab'))
    expect(handOvers.traitsOf(one.worker, traitsOf('w1'))).toMatchObject({ follows: true })
  })
})
