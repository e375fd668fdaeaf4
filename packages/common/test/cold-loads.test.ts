import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Slots, type Waiter } from '../src/slots.ts'
import { Loop } from './support/loop.ts'

interface Options {
  readonly limit?: number
  readonly most?: number
  readonly patience?: number
}

/** Classes are cold until one of their requests has been served. */
class Site {
  readonly loop: Loop = new Loop()
  readonly slots: Slots
  readonly warm: Set<string> = new Set()
  readonly begun: string[] = []
  readonly running: Waiter[] = []
  readonly beganAt: Map<Waiter, number> = new Map()
  readonly names: Map<Waiter, string> = new Map()

  constructor({ limit = Number.POSITIVE_INFINITY, most = limit, patience = 5_000 }: Options = {}) {
    const limits = { limit, share: 1, coldLoads: { most, patience } }
    this.slots = new Slots(limits, this.loop, this.loop.later)
  }

  /** A request of the class that its name begins with: `a1` is of `a`. */
  enter(name: string, isKnownClass = true): Waiter {
    const { warm, running, begun, beganAt, loop } = this
    const requestClass = name.replace(/\d+$/, '')
    const waiter: Waiter = {
      requestClass,
      expectedSeconds: 0.01,
      isKnownClass,
      hasOtherClasses: false,
      get isCold() {
        return !warm.has(requestClass)
      },
      turn: undefined,
      begin() {
        running.push(waiter)
        begun.push(name)
        beganAt.set(waiter, loop.time)
      },
    }
    this.names.set(waiter, name)
    this.slots.enter(waiter)
    return waiter
  }

  /** A running request ends. */
  end(name: string, isServed = true): void {
    const waiter = this.running.find((each) => this.names.get(each) === name) as Waiter
    this.running.splice(this.running.indexOf(waiter), 1)
    if (isServed) this.warm.add(waiter.requestClass)
    this.slots.leave(waiter)
    this.loop.run()
  }
}

describe('requests of a cold class', () => {
  test('wait for the first one, and begin together when it was served', () => {
    const site = new Site()
    for (const name of ['a1', 'a2', 'a3']) site.enter(name)
    expect([site.begun, site.slots.waiting]).toEqual([['a1'], 2])
    site.end('a1')
    expect([site.begun, site.slots.waiting]).toEqual([['a1', 'a2', 'a3'], 0])
  })

  test('do not wait for those of another class', () => {
    const site = new Site({ limit: 3 })
    for (const name of ['a1', 'a2', 'b1', 'b2']) site.enter(name)
    expect(site.begun).toEqual(['a1', 'b1'])
  })

  test('leave their slots to classes that are warm', () => {
    const site = new Site({ limit: 2 })
    site.warm.add('w')
    for (const name of ['a1', 'a2', 'a3', 'w1', 'w2']) site.enter(name)
    expect(site.begun).toEqual(['a1', 'w1'])
    site.end('w1')
    expect(site.begun).toEqual(['a1', 'w1', 'w2'])
  })

  test('come before those that came later, when the class is warm', () => {
    const site = new Site({ limit: 2 })
    site.warm.add('w')
    for (const name of ['a1', 'a2', 'w1', 'w2', 'w3']) site.enter(name)
    site.end('a1')
    expect(site.begun).toEqual(['a1', 'w1', 'a2'])
  })

  test('begin when the response to the first one has begun', () => {
    const site = new Site()
    const first = site.enter('a1')
    for (const name of ['a2', 'a3']) site.enter(name)
    site.slots.loaded(first)
    site.loop.run()
    expect(site.begun).toEqual(['a1', 'a2', 'a3'])
  })

  test('keep their order when some of them may try again before the others', () => {
    const site = new Site({ limit: 2 })
    for (const name of ['a1', 'a2', 'a3', 'b1']) site.enter(name)
    site.loop.pass(5_000)
    site.end('a1')
    site.end('b1')
    expect(site.begun).toEqual(['a1', 'b1', 'a2', 'a3'])
  })

  test('do not wait with a patience of 0', () => {
    const site = new Site({ patience: 0, most: 1 })
    for (const name of ['a1', 'a2', 'b1']) site.enter(name)
    expect(site.begun).toEqual(['a1', 'a2', 'b1'])
  })

  test('do not wait when the limits are lifted', () => {
    const site = new Site()
    for (const name of ['a1', 'a2', 'a3']) site.enter(name)
    site.slots.limits = { limit: Number.POSITIVE_INFINITY, share: 1 }
    site.loop.run()
    expect(site.begun).toEqual(['a1', 'a2', 'a3'])
  })

  test('take turns with one slot as they would otherwise', () => {
    const site = new Site({ limit: 1 })
    for (const name of ['a1', 'a2', 'b1', 'b2']) site.enter(name)
    for (const name of ['a1', 'a2', 'b1', 'b2']) site.end(name)
    expect(site.begun).toEqual(['a1', 'a2', 'b1', 'b2'])
  })
})

describe('a load that is not served', () => {
  test('lets two others try when it has failed', () => {
    const site = new Site()
    for (const name of ['a1', 'a2', 'a3', 'a4']) site.enter(name)
    site.end('a1', false)
    expect(site.begun).toEqual(['a1', 'a2', 'a3'])
  })

  test('is waited for no longer than the patience', () => {
    const site = new Site({ patience: 1_000 })
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8']) site.enter(name)
    site.loop.pass(999)
    expect(site.begun.length).toBe(1)
    site.loop.pass(1)
    expect(site.begun.length).toBe(3)
    site.loop.pass(1_000)
    expect(site.begun.length).toBe(7)
    site.loop.pass(1_000)
    expect(site.slots.waiting).toBe(0)
  })

  test('is waited for a few times as long as loads usually take', () => {
    const site = new Site()
    site.enter('a1')
    site.loop.pass(100)
    site.end('a1')
    for (const name of ['b1', 'b2']) site.enter(name)
    site.loop.pass(399)
    expect(site.begun).toEqual(['a1', 'b1'])
    site.loop.pass(1)
    expect(site.begun).toEqual(['a1', 'b1', 'b2'])
  })

  test('teaches how long loads take, even if others have not waited for its end', () => {
    const site = new Site()
    site.enter('a1')
    site.loop.pass(1)
    site.end('a1')
    for (let i = 0; i < 50; i++) {
      site.enter(`slow${'x'.repeat(i)}1`)
      site.loop.pass(1_000)
      site.end(`slow${'x'.repeat(i)}1`)
    }
    for (const name of ['b1', 'b2']) site.enter(name)
    site.loop.pass(3_000)
    expect(site.begun).not.toContain('b2')
  })

  test('whose client has left before it began passes its turn on', () => {
    const site = new Site({ limit: 2, most: 1 })
    site.enter('a1')
    const second = site.enter('b1')
    site.enter('b2')
    site.slots.cancel(second)
    site.end('a1')
    expect([site.begun, site.slots.waiting]).toEqual([['a1', 'b2'], 0])
  })
})

describe('cold requests of several classes', () => {
  test('are begun only as many at once as allowed', () => {
    const site = new Site({ limit: 4, most: 2 })
    site.warm.add('w')
    for (const name of ['a1', 'b1', 'c1', 'd1', 'w1']) site.enter(name)
    expect(site.begun).toEqual(['a1', 'b1', 'w1'])
    site.end('a1')
    expect(site.begun).toEqual(['a1', 'b1', 'w1', 'c1'])
  })

  test('take turns with unknown classes', () => {
    const site = new Site({ most: 1 })
    site.enter('first1')
    for (const name of ['n', 'o', 'p', 'q']) site.enter(`${name}1`, false)
    site.enter('known1')
    site.end('first1')
    site.end(site.begun.at(-1) as string)
    expect(site.begun).toContain('known1')
  })
})

test('requests are all served in time, and never more load than allowed', () => {
  const step = fc.record({
    kind: fc.constantFrom('enter', 'enter', 'enter', 'serve', 'fail', 'cancel', 'pass', 'limit'),
    which: fc.nat({ max: 7 }),
  })
  const sizes = {
    limit: fc.constantFrom(1, 2, 4, Number.POSITIVE_INFINITY),
    most: fc.integer({ min: 1, max: 3 }),
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 150 }), fc.record(sizes), run))

  function run(
    steps: readonly { kind: string; which: number }[],
    { limit, most }: Required<Pick<Options, 'limit' | 'most'>>,
  ) {
    const patience = 1_000
    const site = new Site({ limit, most, patience })
    const { slots, loop, running, names, warm, begun, beganAt } = site
    const waiting: Waiter[] = []
    let entered = 0
    let gone = 0
    const look = () => {
      // However short loads usually are, they are waited for as long as that.
      const young = running.filter((each) => loop.time - (beganAt.get(each) ?? 0) < 100)
      const loads = young.filter(({ requestClass }) => !warm.has(requestClass))
      expect(loads.length).toBeLessThanOrEqual(most)
      expect(slots.running).toBeLessThanOrEqual(limit)
      expect(slots.running + slots.waiting).toBe(entered - gone)
    }
    for (const { kind, which } of steps) {
      const one = running[which % Math.max(running.length, 1)]
      if (kind === 'enter') waiting.push(site.enter(`${'abcd'[which % 4]}${++entered}`, which < 4))
      else if (kind === 'pass') loop.pass(which * 100)
      else if (kind === 'limit') slots.limits = { limit, share: 1, coldLoads: { most, patience } }
      else if (kind === 'cancel') {
        const left = waiting.filter((each) => !begun.includes(names.get(each) as string))
        const other = left[which % Math.max(left.length, 1)]
        if (other === undefined) continue
        slots.cancel(other)
        waiting.splice(waiting.indexOf(other), 1)
        gone++
      } else if (one !== undefined) {
        site.end(names.get(one) as string, kind === 'serve')
        gone++
      }
      loop.run()
      look()
    }
    // Whatever runs now hangs; with slots left, all others are begun nevertheless.
    if (limit === Number.POSITIVE_INFINITY) {
      loop.pass(20 * patience)
      expect(slots.waiting).toBe(0)
    }
    while (running.length > 0) site.end(names.get(running[0] as Waiter) as string, false)
    loop.pass(1000)
    expect([slots.running, slots.waiting, loop.alarms]).toEqual([0, 0, 0])
  }
})
