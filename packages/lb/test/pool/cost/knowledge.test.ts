import { describe, expect, test } from 'vitest'
import { type ClassCosts, Knowledge } from '../../../src/pool/cost/knowledge.ts'
import { none } from '../../../src/pool/cost/skill-table.ts'

function setUp(maxClasses = 100) {
  const forgotten: number[] = []
  const knowledge = new Knowledge(maxClasses, (classNumber) => forgotten.push(classNumber))
  const appraise = (classNumber: number, now = 0) => {
    const costs: ClassCosts = { warm: 0, cold: 0, pollution: 0, isFlat: false, homes: 0 }
    knowledge.appraise(costs, classNumber, 1, 0.5, now)
    return costs
  }
  const read = (member: number, name: string, seconds: number, count: number, rate = 0, now = 0) =>
    knowledge.read(member, name, { score: 1 / seconds, seconds, count, rate }, now)
  return { knowledge, forgotten, appraise, read }
}

describe('what a class costs', () => {
  test('is what an average request takes while nobody has served it', () => {
    const { knowledge, appraise } = setUp()
    expect(appraise(knowledge.use('new')).cold).toBe(0.01)
    for (let i = 0; i < 1000; i++) {
      knowledge.learnTimes(knowledge.use('slow'), 2, { score: 1, seconds: 2, count: 50, rate: 0 })
    }
    expect(appraise(knowledge.use('new')).cold).toBeCloseTo(2, 3)
  })

  test('is when warm the mean of mature records, heavier with more requests', () => {
    const { knowledge, appraise, read } = setUp()
    read(0, 'a', 1, 10)
    read(1, 'a', 4, 20)
    read(2, 'a', 99, 7)
    expect(appraise(knowledge.use('a')).warm).toBeCloseTo((1 * 10 + 4 * 20) / 30, 9)
  })

  test('is when warm the best known record while none is mature', () => {
    const { knowledge, appraise, read } = setUp()
    read(0, 'a', 9, 1)
    read(1, 'a', 2, 3)
    expect(appraise(knowledge.use('a')).warm).toBe(2)
  })

  test('is still known of a class that was served once, when its count has faded a little', () => {
    const { knowledge, appraise, read } = setUp()
    knowledge.learnTimes(knowledge.use('a'), 9, { score: 1, seconds: 9, count: 1, rate: 0 })
    read(0, 'a', 9, 0.999)
    // Else its second request would find no home better than a worker that is new to it.
    expect(appraise(knowledge.use('a')).warm).toBe(9)
    expect(appraise(knowledge.use('a')).cold).toBeGreaterThan(9)
  })

  test('is when cold drawn towards the first requests at new workers', () => {
    const { knowledge, appraise, read } = setUp()
    read(0, 'a', 1, 50)
    expect(appraise(knowledge.use('a')).cold).toBe(4)
    for (let i = 0; i < 8; i++) {
      knowledge.learnTimes(knowledge.use('a'), 9, { score: 1, seconds: 9, count: 1, rate: 0 })
    }
    expect(appraise(knowledge.use('a')).cold).toBeCloseTo((9 * 8 + 4 * 2) / 10, 9)
  })

  test('asks for homes by the rates of all its workers, which fade', () => {
    const { knowledge, appraise, read } = setUp()
    read(0, 'a', 0.01, 50, 60)
    read(1, 'a', 0.01, 50, 60)
    expect(appraise(knowledge.use('a')).homes).toBe(3)
    expect(appraise(knowledge.use('a'), 20).homes).toBe(1)
    knowledge.unlearnAll(1, 0)
    expect(appraise(knowledge.use('a')).homes).toBe(2)
  })

  test('counts a cheap class’s waste as that of an average one, inventions aside', () => {
    const { knowledge, appraise, read } = setUp()
    read(0, 'cheap', 1, 50)
    read(0, 'dear', 9, 50)
    for (let i = 0; i < 50; i++) appraise(knowledge.use(`invented${i}`))
    for (const name of ['cheap', 'dear']) appraise(knowledge.use(name))
    expect(appraise(knowledge.use('cheap')).pollution).toBeCloseTo(5, 9)
    expect(appraise(knowledge.use('dear')).pollution).toBe(1)
  })
})

describe('who is to blame for a failure', () => {
  test('is the worker, while only it fails the class', () => {
    const { knowledge } = setUp()
    const a = knowledge.use('a')
    expect([knowledge.fail(a, 1), knowledge.fail(a, 1)]).toEqual([true, true])
  })

  test('is nobody while a class fails at one worker after the other', () => {
    const { knowledge } = setUp()
    const a = knowledge.use('a')
    expect([1, 2, 2, 1].map((member) => knowledge.fail(a, member))).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  test('is the worker again when the class has been served', () => {
    const { knowledge } = setUp()
    const a = knowledge.use('a')
    for (const member of [1, 2]) knowledge.fail(a, member)
    knowledge.succeed(a)
    expect(knowledge.fail(a, 2)).toBe(true)
    expect(knowledge.fail(knowledge.use('b'), 1)).toBe(true)
  })
})

describe('a class that is forgotten', () => {
  test('leaves nothing to the one that gets its number', () => {
    const { knowledge, forgotten, appraise, read } = setUp(1)
    read(0, 'a', 5, 50, 99)
    knowledge.fail(0, 3)
    const hash = knowledge.hashOf(0)
    expect(knowledge.use('b')).toBe(0)
    expect(forgotten).toEqual([0])
    expect(knowledge.skills.size).toBe(0)
    expect(knowledge.rate(0, 0)).toBe(0)
    expect(knowledge.hashOf(0)).not.toBe(hash)
    expect(knowledge.fail(0, 4)).toBe(true)
    expect(appraise(0).cold).toBe(0.01)
  })

  test('is not mistaken for its successor by a request that is still in progress', () => {
    const { knowledge } = setUp(2)
    const a = knowledge.use('a')
    expect(knowledge.stillOr(a, 'a')).toBe(a)
    knowledge.use('b')
    knowledge.use('c')
    expect(knowledge.skills.countOf(knowledge.stillOr(a, 'a'))).toBe(0)
    expect(knowledge.classCount).toBe(2)
  })
})

test('a faded skill is dropped, and one that is not known is no trouble', () => {
  const { knowledge, read } = setUp()
  read(0, 'a', 1, 50, 10)
  knowledge.read(0, 'a', null, 0)
  knowledge.read(0, 'b', null, 0)
  const a = knowledge.use('a')
  expect(knowledge.skills.find(a, 0)).toBe(none)
  expect(knowledge.rate(a, 0)).toBeCloseTo(0, 9)
})
