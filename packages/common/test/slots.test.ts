import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Slots, type Waiter } from '../src/slots.ts'

/** An event loop in the hands of the test. */
class Loop {
  time = 0
  readonly #later: (() => void)[] = []

  now(): number {
    return this.time
  }

  later(callback: () => void): void {
    this.#later.push(callback)
  }

  get isPending(): boolean {
    return this.#later.length > 0
  }

  /** Calls what was asked for until now. */
  turn(): void {
    for (const callback of this.#later.splice(0)) callback()
  }

  run(): void {
    while (this.isPending) this.turn()
  }
}

function setUp(limit: number) {
  const loop = new Loop()
  const slots = new Slots(limit, loop)
  const begun: string[] = []
  const waiter = (name: string, work: () => void = () => undefined): Waiter => ({
    begin: () => {
      begun.push(name)
      work()
    },
  })
  return { loop, slots, begun, waiter }
}

describe('slots', () => {
  test('are given at once as long as there are free ones', () => {
    const { slots, begun, waiter } = setUp(2)
    for (const name of ['a', 'b', 'c']) slots.enter(waiter(name))
    expect([begun, slots.running, slots.waiting]).toEqual([['a', 'b'], 2, 1])
  })

  test('are unlimited with a limit of Infinity', () => {
    const { slots, waiter } = setUp(Number.POSITIVE_INFINITY)
    for (let i = 0; i < 1000; i++) slots.enter(waiter(`${i}`))
    expect(slots.running).toBe(1000)
  })

  test('go to those who wait in the order of their coming', () => {
    const { loop, slots, begun, waiter } = setUp(1)
    for (const name of ['a', 'b', 'c']) slots.enter(waiter(name))
    slots.leave()
    loop.run()
    slots.enter(waiter('d'))
    slots.leave()
    loop.run()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('are passed on in the next iteration, so that the previous owner can finish', () => {
    const { loop, slots, begun, waiter } = setUp(1)
    slots.enter(waiter('a'))
    slots.enter(waiter('b'))
    slots.leave()
    expect(begun).toEqual(['a'])
    loop.turn()
    expect(begun).toEqual(['a', 'b'])
  })

  test('do not overflow the stack when 100,000 waiters leave as soon as they begin', () => {
    const { loop, slots, begun, waiter } = setUp(1)
    slots.enter(waiter('first'))
    for (let i = 0; i < 100_000; i++) slots.enter(waiter(`${i}`, () => slots.leave()))
    slots.leave()
    loop.run()
    expect([begun.length, slots.running, slots.waiting]).toEqual([100_001, 0, 0])
  })

  test('forget who is taken out of the line', () => {
    const { loop, slots, begun, waiter } = setUp(1)
    slots.enter(waiter('a'))
    const given = waiter('b')
    slots.enter(given)
    slots.enter(waiter('c'))
    slots.cancel(given)
    expect(slots.waiting).toBe(1)
    slots.leave()
    loop.run()
    expect(begun).toEqual(['a', 'c'])
  })

  test('begin with more when the limit rises, and with none when it falls', () => {
    const { loop, slots, begun, waiter } = setUp(1)
    for (const name of ['a', 'b', 'c', 'd']) slots.enter(waiter(name))
    slots.limit = 3
    expect(begun).toEqual(['a', 'b', 'c'])
    slots.limit = 1
    slots.leave()
    loop.run()
    expect([begun.length, slots.running]).toEqual([3, 2])
  })

  test('let the event loop turn when handlers have taken long', () => {
    const { loop, slots, begun, waiter } = setUp(Number.POSITIVE_INFINITY)
    const work = () => {
      loop.time += 20
      slots.leave()
    }
    for (const name of ['a', 'b', 'c']) slots.enter(waiter(name, work))
    expect(begun).toEqual(['a'])
    loop.turn()
    expect(begun).toEqual(['a', 'b'])
    loop.turn()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('begin with many quick handlers in one turn', () => {
    const { loop, slots, begun, waiter } = setUp(Number.POSITIVE_INFINITY)
    const work = () => {
      loop.time += 0.01
      slots.leave()
    }
    for (let i = 0; i < 1000; i++) slots.enter(waiter(`${i}`, work))
    expect(begun.length).toBeGreaterThan(200)
    expect(begun.length).toBeLessThan(400)
  })

  test('go on after a waiter has thrown', () => {
    const { slots, begun, waiter } = setUp(1)
    const fail = () => {
      slots.leave()
      throw new Error('boom')
    }
    expect(() => slots.enter(waiter('a', fail))).toThrow('boom')
    slots.enter(waiter('b'))
    expect(begun).toEqual(['a', 'b'])
  })

  test('never run more than the limit, and start all in order except the cancelled', () => {
    const step = fc.constantFrom('enter', 'leave', 'cancel', 'turn')
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 4 }), run))
    function run(steps: readonly string[], limit: number): void {
      const { loop, slots, begun, waiter } = setUp(limit)
      const entered: { readonly name: string; readonly waiter: Waiter }[] = []
      const cancelled = new Set<string>()
      for (const [at, step] of steps.entries()) {
        if (step === 'enter') {
          const one = { name: `${at}`, waiter: waiter(`${at}`) }
          entered.push(one)
          slots.enter(one.waiter)
        } else if (step === 'leave' && slots.running > 0) slots.leave()
        else if (step === 'cancel') {
          const one = entered.find(({ name }) => !begun.includes(name) && !cancelled.has(name))
          if (one) {
            cancelled.add(one.name)
            slots.cancel(one.waiter)
          }
        } else loop.turn()
        expect(slots.running).toBeLessThanOrEqual(limit)
      }
      loop.run()
      const kept = entered.map(({ name }) => name).filter((name) => !cancelled.has(name))
      expect(begun).toEqual(kept.slice(0, begun.length))
      expect(slots.waiting).toBe(kept.length - begun.length)
      expect(slots.waiting === 0 || slots.running === limit).toBe(true)
    }
  })
})
