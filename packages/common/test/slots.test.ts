import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { presenceTime } from '../src/class-presence.ts'
import { Slots, shareOfSlots, type Waiter } from '../src/slots.ts'
import { Loop } from './support/loop.ts'

interface Options {
  readonly share?: number
}

function setUp(limit: number, { share = 1 }: Options = {}) {
  const loop = new Loop()
  const slots = new Slots({ limit, share }, loop, loop.later)
  const begun: string[] = []
  const running: Waiter[] = []
  const leave = (waiter = running[0] as Waiter) => {
    running.splice(running.indexOf(waiter), 1)
    slots.leave(waiter)
  }
  const waiter = (
    name: string,
    work: () => void = () => undefined,
    requestClass = 'class',
    isKnownClass = true,
    hasOtherClasses = false,
  ): Waiter => ({
    requestClass,
    expectedSeconds: 0.01,
    isKnownClass,
    hasOtherClasses,
    isCold: false,
    turn: undefined,
    begin() {
      running.push(this)
      begun.push(name)
      work()
    },
  })
  /** Waiters that are named after their class. */
  const enter = (requestClass: string, count = 1, isKnown = true, hasOthers = false) => {
    for (let i = 0; i < count; i++)
      slots.enter(waiter(requestClass, undefined, requestClass, isKnown, hasOthers))
  }
  /** The first that runs ends, after so many milliseconds. */
  const serve = (time = 10) => {
    loop.time += time
    leave()
    loop.run()
  }
  /** The first or last of the class that runs ends, after 10 ms. */
  const endOne = (requestClass: string, which: 'first' | 'last' = 'first') => {
    const own = running.filter((other) => other.requestClass === requestClass)
    loop.time += 10
    leave(which === 'first' ? own[0] : own.at(-1))
    loop.run()
  }
  const heldBy = (requestClass: string) =>
    running.filter((other) => other.requestClass === requestClass).length
  return { loop, slots, begun, running, waiter, enter, leave, serve, endOne, heldBy }
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
    const { loop, slots, begun, waiter, leave } = setUp(1)
    for (const name of ['a', 'b', 'c']) slots.enter(waiter(name))
    leave()
    loop.run()
    slots.enter(waiter('d'))
    leave()
    loop.run()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('are passed on in the next iteration, so that the previous owner can finish', () => {
    const { loop, slots, begun, waiter, leave } = setUp(1)
    slots.enter(waiter('a'))
    slots.enter(waiter('b'))
    leave()
    expect(begun).toEqual(['a'])
    loop.turn()
    expect(begun).toEqual(['a', 'b'])
  })

  test('do not overflow the stack when 100,000 waiters leave as soon as they begin', () => {
    const { loop, slots, begun, waiter, leave, running } = setUp(1)
    slots.enter(waiter('first'))
    for (let i = 0; i < 100_000; i++) slots.enter(waiter(`${i}`, () => leave(running.at(-1))))
    leave()
    loop.run()
    expect([begun.length, slots.running, slots.waiting]).toEqual([100_001, 0, 0])
  })

  test('forget who is taken out of the line', () => {
    const { loop, slots, begun, waiter, leave } = setUp(1)
    slots.enter(waiter('a'))
    const given = waiter('b')
    slots.enter(given)
    slots.enter(waiter('c'))
    slots.cancel(given)
    expect(slots.waiting).toBe(1)
    leave()
    loop.run()
    expect(begun).toEqual(['a', 'c'])
  })

  test('begin with more when the limit rises, and with none when it falls', () => {
    const { loop, slots, begun, waiter, leave } = setUp(1)
    for (const name of ['a', 'b', 'c', 'd']) slots.enter(waiter(name))
    slots.limits = { limit: 3, share: 1 }
    expect(begun).toEqual(['a', 'b', 'c'])
    slots.limits = { limit: 1, share: 1 }
    leave()
    loop.run()
    expect([begun.length, slots.running]).toEqual([3, 2])
  })

  test('let the event loop turn when handlers have taken long', () => {
    const { loop, slots, begun, waiter, leave, running } = setUp(Number.POSITIVE_INFINITY)
    const work = () => {
      loop.time += 20
      leave(running.at(-1))
    }
    for (const name of ['a', 'b', 'c']) slots.enter(waiter(name, work))
    expect(begun).toEqual(['a'])
    loop.turn()
    expect(begun).toEqual(['a', 'b'])
    loop.turn()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('begin with many quick handlers in one turn', () => {
    const { loop, slots, begun, waiter, leave, running } = setUp(Number.POSITIVE_INFINITY)
    const work = () => {
      loop.time += 0.01
      leave(running.at(-1))
    }
    for (let i = 0; i < 1000; i++) slots.enter(waiter(`${i}`, work))
    expect(begun.length).toBeGreaterThan(200)
    expect(begun.length).toBeLessThan(400)
  })

  test('go on after a waiter has thrown', () => {
    const { slots, begun, waiter, leave, running } = setUp(1)
    const fail = () => {
      leave(running.at(-1))
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
      const { loop, slots, begun, waiter, leave } = setUp(limit)
      const entered: { readonly name: string; readonly waiter: Waiter }[] = []
      const cancelled = new Set<string>()
      for (const [at, step] of steps.entries()) {
        if (step === 'enter') {
          const one = { name: `${at}`, waiter: waiter(`${at}`) }
          entered.push(one)
          slots.enter(one.waiter)
        } else if (step === 'leave' && slots.running > 0) leave()
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

  test('call back at once if one is free and nothing waits', () => {
    const { slots, enter } = setUp(2)
    enter('a')
    let calls = 0
    slots.onceFree(() => calls++)
    expect(calls).toBe(1)
  })

  test('call back when the last one that waits has begun, and a slot is free', () => {
    const { slots, enter, serve } = setUp(1)
    enter('a', 3)
    let calls = 0
    slots.onceFree(() => calls++)
    for (let served = 1; served <= 3; served++) {
      expect(calls).toBe(0)
      serve()
    }
    expect(calls).toBe(1)
    enter('a')
    serve()
    expect(calls).toBe(1)
  })

  test('call back one after the other, if the first one takes the slot', () => {
    const { slots, enter, begun, serve, waiter } = setUp(1)
    enter('a')
    for (const name of ['b', 'c']) slots.onceFree(() => slots.enter(waiter(name)))
    serve()
    expect(begun).toEqual(['a', 'b'])
    serve()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('call back when a greater limit frees one, or what waits for one is cancelled', () => {
    const { slots, enter, waiter } = setUp(1)
    enter('a')
    let calls = 0
    slots.onceFree(() => calls++)
    slots.limits = { limit: 2, share: 0.5 }
    expect(calls).toBe(1)
    // It waits beside a free slot, which is for other classes.
    const second = waiter('b', undefined, 'a', true, true)
    slots.enter(second)
    slots.onceFree(() => calls++)
    expect([slots.waiting, calls]).toEqual([1, 1])
    slots.cancel(second)
    expect(calls).toBe(2)
  })

  test('do not call back after that is cancelled', () => {
    const { slots, enter, serve } = setUp(1)
    enter('a')
    let calls = 0
    slots.onceFree(() => calls++)()
    serve()
    expect(calls).toBe(0)
  })
})

describe('classes', () => {
  test('take turns, so that a few requests do not wait for many of another class', () => {
    const { begun, enter, serve } = setUp(1)
    enter('a', 200)
    enter('b', 2)
    for (let i = 0; i < 4; i++) serve(200)
    expect(begun).toEqual(['a', 'a', 'b', 'a', 'b'])
  })

  test('that were never served share one turn', () => {
    const { begun, enter, serve } = setUp(1)
    enter('a', 3)
    for (let i = 0; i < 100; i++) enter(`new ${i}`, 1, false)
    enter('b', 3)
    for (let i = 0; i < 6; i++) serve(200)
    const newcomers = begun.filter((name) => name.startsWith('new')).length
    const known = begun.filter((name) => name === 'b').length
    expect(Math.abs(newcomers - known)).toBeLessThanOrEqual(1)
  })

  test('hold no more than their share while there are others, and leave one slot', () => {
    const { slots, begun, enter, endOne, heldBy } = setUp(4, { share: 0.75 })
    enter('b')
    enter('a', 200)
    // Fewer than are free at first, one more when one has ended in time.
    expect(begun.filter((name) => name === 'a')).toHaveLength(2)
    endOne('a')
    expect([heldBy('a'), slots.running]).toEqual([3, 4])
    for (let i = 0; i < 20; i++) endOne('a')
    expect(heldBy('a')).toBe(3)
  })

  test('may have the slots again that they had when a request ended in the last 10 seconds', () => {
    const { loop, enter, endOne, heldBy } = setUp(4, { share: 0.75 })
    const burst = (seconds: number) => {
      while (heldBy('a') > 0) endOne('a')
      loop.time += 1000 * seconds
      enter('b')
      endOne('b')
      enter('a', 3)
      return heldBy('a')
    }
    enter('b')
    enter('a', 10)
    for (let i = 0; i < 7; i++) endOne('a')
    expect(heldBy('a')).toBe(3)
    expect(burst(5)).toBe(3)
    expect(burst(11)).toBe(2)
  })

  test('hold few slots while their requests hang, more when they end again', () => {
    const { loop, enter, endOne, heldBy } = setUp(8, { share: 0.75 })
    enter('b')
    enter('a', 200)
    for (let i = 0; i < 20; i++) endOne('a')
    expect(heldBy('a')).toBe(6)
    loop.time += 1000
    for (let i = 0; i < 3; i++) endOne('a')
    // What began after the others came to be late is in time.
    expect(heldBy('a')).toBe(4)
    for (let i = 0; i < 20; i++) endOne('a')
    expect(heldBy('a')).toBe(6)
  })

  test('leave slots to others that come, as often as these can be halved, whenever they hang', () => {
    const hangs = fc.record({
      limit: fc.integer({ min: 2, max: 64 }),
      each: fc.integer({ min: 1, max: 100 }),
      gap: fc.integer({ min: 0, max: 3000 }),
      usual: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(hangs, ({ limit, each, gap, usual }) => {
        const { slots, loop, begun, enter, endOne } = setUp(limit, { share: 0.75 })
        const classes = Math.floor(Math.log2(limit))
        for (let i = 0; i < classes; i++) {
          const name = `hangs ${i}`
          for (let n = 0; n < usual; n++) {
            enter(name, 1, true, true)
            endOne(name)
          }
          for (let n = 0; n < each; n++) {
            enter(name, 1, true, true)
            loop.time += gap / each
            loop.run()
          }
        }
        expect(slots.running).toBeLessThan(limit)
        for (let n = 0; n < 10; n++) {
          enter('tenant', 1, true, true)
          expect(begun.at(-1)).toBe('tenant')
          endOne('tenant')
        }
      }),
      { numRuns: 100 },
    )
  })

  test('that are alone and hang leave one slot for others that may come', () => {
    const { loop, slots, begun, enter, endOne } = setUp(4, { share: 0.75 })
    enter('a')
    endOne('a')
    enter('a', 3)
    loop.time += 1000
    enter('a', 100)
    expect(slots.running).toBe(3)
    enter('b')
    expect(begun.at(-1)).toBe('b')
  })

  test('that are alone have all slots beside a few requests that take long', () => {
    const { loop, slots, enter, endOne } = setUp(4, { share: 0.75 })
    enter('a', 2)
    loop.time += 1000
    enter('a', 100)
    expect(slots.running).toBe(4)
    for (let n = 0; n < 20; n++) endOne('a', 'last')
    expect(slots.running).toBe(4)
  })

  test('find a slot free while another one that hangs is at its share', () => {
    const { slots, begun, enter, endOne } = setUp(4, { share: 0.75 })
    enter('b')
    enter('a', 200)
    endOne('a')
    endOne('b')
    expect(slots.running).toBe(3)
    enter('b')
    expect([begun.at(-1), slots.running]).toEqual(['b', 4])
  })

  test('may have all slots where no other has come for a minute', () => {
    const { slots, loop, enter } = setUp(4, { share: 0.75 })
    enter('a', 4)
    expect(slots.running).toBe(4)
    const later = setUp(4, { share: 0.75 })
    later.enter('b')
    later.leave()
    later.loop.run()
    later.enter('a', 4)
    expect(later.slots.running).toBe(2)
    later.loop.time += 1000 * presenceTime + 1
    later.enter('a')
    expect(later.slots.running).toBe(4)
    loop.run()
  })

  test('hold no more than their share where the load balancer says that there are others', () => {
    const { slots, begun, enter, endOne } = setUp(4, { share: 0.75 })
    enter('a', 200, true, true)
    endOne('a')
    expect(slots.running).toBe(3)
    enter('b', 1, true, true)
    expect([begun.at(-1), slots.running]).toEqual(['b', 4])
  })

  test('that are new leave a slot to others that are new, and one to those that are known', () => {
    const { slots, begun, enter } = setUp(4, { share: 0.75 })
    enter('hangs', 200, false, true)
    expect(slots.running).toBe(1)
    enter('new', 1, false, true)
    expect([begun.at(-1), slots.running]).toEqual(['new', 2])
    enter('newer', 1, false, true)
    enter('known', 1, true, true)
    expect([begun.at(-1), slots.running]).toEqual(['known', 3])
  })

  test('that are known find a slot within their own time beside some that hang', () => {
    const hanging = fc.record({
      isKnown: fc.boolean(),
      names: fc.integer({ min: 1, max: 50 }),
      each: fc.integer({ min: 1, max: 20 }),
    })
    const limits = fc.integer({ min: 2, max: 12 })
    const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(limits, hanging, gaps, (limit, { isKnown, names, each }, times) => {
        const { slots, loop, begun, running, enter, leave } = setUp(limit, { share: 0.75 })
        // A known class that hangs is one; classes that are not known may be invented.
        for (let i = 0; i < (isKnown ? 1 : names); i++) enter(`hangs ${i}`, each, isKnown, true)
        for (const gap of times) {
          loop.time += gap
          enter('tenant', 2, true, true)
          for (let i = 0; i < 2; i++) {
            loop.run()
            expect(begun.at(-1)).toBe('tenant')
            const own = running.find(({ requestClass }) => requestClass === 'tenant')
            expect(own).toBeDefined()
            loop.time += 10
            leave(own)
          }
          loop.run()
          expect(slots.running).toBeLessThan(limit)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('of any number that were invented get no more time together than one that is known', () => {
    const flood = fc.record({
      limit: fc.integer({ min: 1, max: 8 }),
      names: fc.integer({ min: 1, max: 300 }),
      time: fc.integer({ min: 1, max: 100 }),
    })
    fc.assert(
      fc.property(flood, ({ limit, names, time }) => {
        const { begun, enter, serve } = setUp(limit, { share: 0.75 })
        enter('tenant', 300, true, true)
        for (let i = 0; i < names; i++) enter(`new ${i}`, 300 / names + 1, false, true)
        for (let n = 0; n < 200; n++) serve(time)
        const invented = begun.filter((name) => name.startsWith('new')).length
        // But for what began while nothing waited, and the tolerance.
        const most = 100 + 2 * limit + 100 / time
        expect(invented).toBeLessThanOrEqual(most)
      }),
      { numRuns: 60 },
    )
  })

  test('that are new hold no more than one share together', () => {
    const { slots, enter } = setUp(4, { share: 0.75 })
    enter('b')
    for (let i = 0; i < 100; i++) enter(`new ${i}`, 1, false)
    expect(slots.running).toBe(3)
    const { slots: others, enter: enterThere, leave, endOne } = setUp(4, { share: 0.75 })
    enterThere('b')
    leave()
    for (let i = 0; i < 100; i++) enterThere(`new ${i}`, 1, false)
    expect(others.running).toBe(2)
    for (let i = 0; i < 20; i++) endOne(`new ${i}`)
    expect(others.running).toBe(3)
  })

  test('get more slots when their share rises', () => {
    const { slots, enter } = setUp(4, { share: 0.5 })
    enter('b')
    enter('a', 5)
    expect(slots.running).toBe(3)
    slots.limits = { limit: 4, share: 1 }
    expect(slots.running).toBe(4)
  })
})

test('one of two or more slots is left by any share below 1', () => {
  for (const limit of [2, 3, 4, 5, 8, 100]) {
    expect(shareOfSlots({ limit, share: 0.999 })).toBe(limit - 1)
  }
  expect(shareOfSlots({ limit: 1, share: 0.75 })).toBe(1)
  expect(shareOfSlots({ limit: 4, share: 0.75 })).toBe(3)
})

describe('slots whose requests hang', () => {
  /** Waiters that leave when they are given back. */
  function setUpMovable(limit = 1) {
    const site = setUp(limit, { share: 0.75 })
    const givenBack: string[] = []
    const enter = (name: string, requestClass = name, isMovable = true) => {
      const waiter: Waiter = {
        ...site.waiter(name, undefined, requestClass),
        isMovable,
        giveBack(isOwn) {
          givenBack.push(`${name} ${isOwn ? 'own' : 'others'}`)
          site.slots.cancel(waiter)
        },
      }
      site.slots.enter(waiter)
    }
    return { ...site, enter, givenBack }
  }

  test('give back what waits, and say whose requests take too long', () => {
    const { loop, slots, enter, givenBack } = setUpMovable()
    for (const name of ['hangs', 'a', 'b']) enter(name)
    enter('next', 'hangs')
    loop.pass(900)
    expect(givenBack).toEqual([])
    loop.pass(200)
    expect(givenBack.sort()).toEqual(['a others', 'b others', 'next own'])
    expect(slots.waiting).toBe(0)
  })

  test('give back what comes later', () => {
    const { loop, enter, givenBack } = setUpMovable()
    enter('hangs')
    loop.pass(60_000)
    enter('a')
    loop.pass(100)
    expect(givenBack).toEqual(['a others'])
  })

  test('keep what must not be moved', () => {
    const { loop, slots, enter, givenBack } = setUpMovable()
    enter('hangs')
    enter('a', 'a', false)
    loop.pass(60_000)
    expect([givenBack, slots.waiting]).toEqual([[], 1])
  })

  test('give nothing back while one of several requests is in time', () => {
    const { loop, enter, givenBack, leave, running } = setUpMovable(2)
    for (const name of ['hangs', 'b']) enter(name)
    for (let i = 0; i < 20; i++) {
      enter(`${i}`)
      loop.pass(100)
      leave(running.at(-1))
      loop.run()
    }
    expect(givenBack).toEqual([])
  })

  test('give nothing back when the only request that ran has just ended', () => {
    const { loop, enter, givenBack, begun, leave } = setUpMovable()
    for (const name of ['a', 'b']) enter(name)
    loop.time += 100
    leave()
    loop.pass(0)
    expect([givenBack, begun]).toEqual([[], ['a', 'b']])
  })

  test('give nothing back when one of several has just ended', () => {
    const { loop, enter, givenBack, begun, running, leave } = setUpMovable(2)
    enter('hangs')
    loop.pass(2000)
    for (const name of ['a', 'b']) enter(name)
    loop.time += 100
    leave(running.at(-1))
    loop.pass(0)
    expect([givenBack, begun]).toEqual([[], ['hangs', 'a', 'b']])
  })

  test('give nothing back while requests take as long as expected', () => {
    const { loop, enter, givenBack, serve } = setUpMovable()
    for (let i = 0; i < 50; i++) enter(`${i}`)
    for (let i = 0; i < 50; i++) {
      loop.pass(100)
      serve(0)
    }
    expect(givenBack).toEqual([])
  })

  test('give nothing back while others have lately taken as long', () => {
    const { loop, enter, givenBack, serve } = setUpMovable()
    enter('cold')
    loop.pass(500)
    serve(0)
    enter('hangs')
    enter('a')
    loop.pass(2000)
    expect(givenBack).toEqual([])
    loop.pass(3000)
    expect(givenBack).toEqual(['a others'])
  })

  test('forget how long requests have taken', () => {
    const { loop, enter, givenBack, serve } = setUpMovable()
    enter('hung')
    loop.pass(60_000)
    serve(0)
    enter('hangs')
    loop.pass(60_000)
    enter('a')
    loop.pass(200)
    expect(givenBack).toEqual(['a others'])
  })

  test('have no timer when nothing waits', () => {
    const { loop, enter } = setUpMovable()
    for (const name of ['hangs', 'a']) enter(name)
    loop.pass(2000)
    expect(loop.alarms).toBe(0)
  })
})
