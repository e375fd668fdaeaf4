import { describe, expect, test } from 'vitest'
import { type ClassCosts, ClassStats } from '../../../../src/pool/policies/cost/class-stats.ts'
import { none } from '../../../../src/pool/policies/cost/skill-table.ts'

function setUp(maxClasses = 100) {
  const forgotten: number[] = []
  const classStats = new ClassStats(maxClasses, (classNumber) => forgotten.push(classNumber))
  const appraise = (classNumber: number, now = 0) => {
    const costs: ClassCosts = { warm: 0, cold: 0, pollution: 0, isFlat: false, homes: 0 }
    const share = classStats.appraise(costs, classNumber, 1, 0.5, now)
    classStats.countPenalty(classNumber, share)
    return costs
  }
  const read = (member: number, name: string, seconds: number, count: number, rate = 0, now = 0) =>
    classStats.read(member, name, { score: 1 / seconds, seconds, count, rate }, now)
  return { classStats, forgotten, appraise, read }
}

describe('what a class costs', () => {
  test('is what an average request takes until it has been served', () => {
    const { classStats, appraise } = setUp()
    expect(appraise(classStats.use('new')).cold).toBe(0.01)
    for (let i = 0; i < 1000; i++) {
      classStats.learnTimes(0, classStats.use('slow'), 2, {
        score: 1,
        seconds: 2,
        count: 50,
        rate: 0,
      })
    }
    expect(appraise(classStats.use('new')).cold).toBeCloseTo(2, 3)
  })

  test('is when cold what the first request of it has taken at any worker', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 1, 50)
    const before = appraise(classStats.use('a')).cold
    read(1, 'a', 5, 0)
    read(1, 'a', 20, 1)
    const after = appraise(classStats.use('a')).cold
    expect([before, after > before]).toEqual([4, true])
    // A count that has faded to so little says nothing of a first request.
    read(2, 'a', 90, 1)
    read(1, 'a', 90, 1.2)
    expect(appraise(classStats.use('a')).cold).toBe(after)
  })

  test('is when warm the mean of mature records, heavier with more requests', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 1, 10)
    read(1, 'a', 4, 20)
    read(2, 'a', 99, 7)
    expect(appraise(classStats.use('a')).warm).toBeCloseTo((1 * 10 + 4 * 20) / 30, 9)
  })

  test('is when warm the best known record while none is mature', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 9, 1)
    read(1, 'a', 2, 3)
    expect(appraise(classStats.use('a')).warm).toBe(2)
  })

  test('is still known of a class that was served once, when its count has faded a little', () => {
    const { classStats, appraise, read } = setUp()
    classStats.learnTimes(0, classStats.use('a'), 9, { score: 1, seconds: 9, count: 1, rate: 0 })
    read(0, 'a', 9, 0.999)
    // Else its second request would find no home better than a worker that is new to it.
    expect(appraise(classStats.use('a')).warm).toBe(9)
    expect(appraise(classStats.use('a')).cold).toBeGreaterThan(9)
  })

  test('counts a first request once whose résumé comes before the end of its response', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 1, 50)
    read(1, 'a', 1, 0)
    read(1, 'a', 9, 1)
    const once = appraise(classStats.use('a')).cold
    const skill = { score: 1, seconds: 9, count: 1, rate: 0 }
    classStats.learnTimes(1, classStats.use('a'), 9, skill)
    expect(appraise(classStats.use('a')).cold).toBe(once)
    // The class was in no cache any more.
    classStats.learnTimes(1, classStats.use('a'), 15, { ...skill, seconds: 12, count: 1.3 })
    expect(appraise(classStats.use('a')).cold).toBeGreaterThan(once)
  })

  test('is not for long what one request has taken that hung', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 0.01, 50)
    const learn = (seconds: number, count: number) =>
      classStats.learnTimes(1, classStats.use('a'), seconds, { score: 1, seconds, count, rate: 0 })
    for (let i = 0; i < 10; i++) learn(0.1, 1)
    learn(3_600, 1)
    expect(appraise(classStats.use('a')).cold).toBeLessThan(1)
    for (let i = 0; i < 3; i++) learn(1_000, 20)
    expect(appraise(classStats.use('new')).cold).toBeLessThan(2)
    learn(3_600, 1)
    for (let i = 0; i < 40; i++) learn(0.1, 1)
    expect(appraise(classStats.use('a')).cold).toBeLessThan(0.2)
  })

  test('is learned also if the first cold request took no time that can be measured', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 0.01, 50)
    for (const seconds of [0, ...Array(9).fill(0.1)]) {
      classStats.learnTimes(1, classStats.use('a'), seconds, {
        score: 1,
        seconds,
        count: 1,
        rate: 0,
      })
    }
    expect(appraise(classStats.use('a')).cold).toBeGreaterThan(0.05)
  })

  test('is when cold drawn towards the first requests at new workers', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 1, 50)
    expect(appraise(classStats.use('a')).cold).toBe(4)
    for (let i = 0; i < 8; i++) {
      classStats.learnTimes(0, classStats.use('a'), 9, { score: 1, seconds: 9, count: 1, rate: 0 })
    }
    expect(appraise(classStats.use('a')).cold).toBeCloseTo((9 * 8 + 4 * 2) / 10, 9)
  })

  test('asks for homes by the rates of all its workers, which fade', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'a', 0.01, 50, 60)
    read(1, 'a', 0.01, 50, 60)
    expect(appraise(classStats.use('a')).homes).toBe(3)
    expect(appraise(classStats.use('a'), 20).homes).toBe(1)
    classStats.unlearnAll(1, 0)
    expect(appraise(classStats.use('a')).homes).toBe(2)
  })

  test('counts a cheap class’s waste as that of an average one, inventions aside', () => {
    const { classStats, appraise, read } = setUp()
    read(0, 'cheap', 1, 50)
    read(0, 'dear', 9, 50)
    for (let i = 0; i < 50; i++) appraise(classStats.use(`invented${i}`))
    for (const name of ['cheap', 'dear']) appraise(classStats.use(name))
    expect(appraise(classStats.use('cheap')).pollution).toBeCloseTo(5, 9)
    expect(appraise(classStats.use('dear')).pollution).toBe(1)
  })
})

describe('who is to blame for a failure', () => {
  test('is the worker, while only it fails the class', () => {
    const { classStats } = setUp()
    const a = classStats.use('a')
    expect([classStats.fail(a, 1), classStats.fail(a, 1)]).toEqual([true, true])
  })

  test('is no worker while a class fails at one worker after the other', () => {
    const { classStats } = setUp()
    const a = classStats.use('a')
    expect([1, 2, 2, 1].map((member) => classStats.fail(a, member))).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  test('is the worker again when the class has been served', () => {
    const { classStats } = setUp()
    const a = classStats.use('a')
    for (const member of [1, 2]) classStats.fail(a, member)
    classStats.succeed(a)
    expect(classStats.fail(a, 2)).toBe(true)
    expect(classStats.fail(classStats.use('b'), 1)).toBe(true)
  })
})

describe('a class that is forgotten', () => {
  test('leaves nothing to the one that gets its number', () => {
    const { classStats, forgotten, appraise, read } = setUp(1)
    read(0, 'a', 5, 50, 99)
    classStats.fail(0, 3)
    const hash = classStats.hashOf(0)
    expect(classStats.use('b')).toBe(0)
    expect(forgotten).toEqual([0])
    expect(classStats.skills.size).toBe(0)
    expect(classStats.rate(0, 0)).toBe(0)
    expect(classStats.hashOf(0)).not.toBe(hash)
    expect(classStats.fail(0, 4)).toBe(true)
    expect(appraise(0).cold).toBe(0.01)
  })

  test('is not mistaken for its successor by a request that is still in progress', () => {
    const { classStats } = setUp(2)
    const a = classStats.use('a')
    const use = { requestClass: 'a', classNumber: a, classEra: classStats.eraOf(a) }
    expect(classStats.stillOr(use)).toBe(a)
    classStats.use('b')
    classStats.use('c')
    expect(classStats.skills.countOf(classStats.stillOr(use))).toBe(0)
    expect(classStats.classCount).toBe(2)
  })
})

test('a faded skill is dropped, and one that is not known is no trouble', () => {
  const { classStats, read } = setUp()
  read(0, 'a', 1, 50, 10)
  classStats.read(0, 'a', null, 0)
  classStats.read(0, 'b', null, 0)
  const a = classStats.use('a')
  expect(classStats.skills.find(a, 0)).toBe(none)
  expect(classStats.rate(a, 0)).toBeCloseTo(0, 9)
})
