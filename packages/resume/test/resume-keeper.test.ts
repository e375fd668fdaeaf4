import { OptionError } from '@resumelb/common'
import type { RequestClass, Skill } from '@resumelb/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultResumeOptions } from '../src/options.ts'
import { ResumeKeeper } from '../src/resume-keeper.ts'

/** Serves what a script names, in order: 'foo=2' is a request of foo that took two seconds. */
function serve(keeper: ResumeKeeper, script: string, now = 0): void {
  for (const step of script.split(' ')) {
    const [requestClass, seconds] = step.split('=')
    keeper.finish(requestClass!, Number(seconds), now)
  }
}

function classesOf(keeper: ResumeKeeper): RequestClass[] {
  return [...keeper.resume(0).keys()]
}

describe('score', () => {
  test('is count ÷ time, fading with each request, as zc.resumelb has it', () => {
    const keeper = new ResumeKeeper({ history: 1 })
    serve(keeper, 'foo=1')
    expect(keeper.skill('foo', 0)?.score).toBe(1)
    serve(keeper, 'foo=2')
    expect(keeper.skill('foo', 0)?.score).toBe(0.5)
    keeper.updateOptions({ history: 2 })
    serve(keeper, 'foo=2 foo=.5')
    expect(keeper.skill('foo', 0)?.score).toBe(0.875)
  })

  test('fades by requests of other classes too, so that news weigh more', () => {
    const keeper = new ResumeKeeper({ history: 2, maxSkillAge: 1000, minCount: 0 })
    serve(keeper, 'foo=1 bar=1 bar=1 foo=2')
    // After three requests an eighth is left of the first: (1 + 1/8) / (2 + 1/8).
    expect(keeper.skill('foo', 0)?.score).toBeCloseTo(1.125 / 2.125)
  })

  test('does not change by waiting', () => {
    const keeper = new ResumeKeeper({ history: 2 })
    serve(keeper, 'foo=4 bar=1 bar=1')
    expect(keeper.skill('foo', 1000)?.score).toBe(0.25)
  })

  test('stays finite for a request that took no time', () => {
    const keeper = new ResumeKeeper()
    serve(keeper, 'foo=0')
    expect(keeper.skill('foo', 0)?.score).toBeLessThanOrEqual(1e6)
  })

  test('lies between the slowest and the fastest request, as does the mean service time', () => {
    const requests = fc.array(fc.double({ min: 1e-5, max: 100, noNaN: true }), { minLength: 1 })
    const histories = fc.integer({ min: 1, max: 10_000 })
    fc.assert(
      fc.property(
        requests,
        histories,
        fc.integer({ min: 1, max: 100 }),
        (times, history, window) => {
          const keeper = new ResumeKeeper({ history, window })
          for (const seconds of times) keeper.finish('foo', seconds, 0)
          const { score, seconds } = keeper.skill('foo', 0)!
          const [fastest, slowest] = [Math.min(...times), Math.max(...times)]
          const slack = 1 + 1e-9
          expect(1 / score).toBeGreaterThanOrEqual(fastest / slack)
          expect(1 / score).toBeLessThanOrEqual(slowest * slack)
          expect(seconds).toBeGreaterThanOrEqual(fastest / slack)
          expect(seconds).toBeLessThanOrEqual(slowest * slack)
        },
      ),
    )
  })
})

describe('recent memory', () => {
  test('is a plain mean before the window is full, and follows a change of speed after', () => {
    const keeper = new ResumeKeeper({ window: 8, recency: 1e9 })
    serve(keeper, 'foo=1 foo=1 foo=4')
    // Weights 1, 2/3, 1/2: later requests weigh a little more than in a plain mean.
    expect(keeper.skill('foo', 0)?.seconds).toBeCloseTo(2.5)
    for (let i = 0; i < 40; i++) serve(keeper, 'foo=7')
    expect(keeper.skill('foo', 0)?.seconds).toBeCloseTo(7, 2)
  })

  test('counts requests, fading as the worker serves other classes', () => {
    const keeper = new ResumeKeeper({ recency: 10 })
    serve(keeper, 'foo=1')
    expect(keeper.skill('foo', 0)?.count).toBe(1)
    serve(keeper, 'bar=1')
    expect(keeper.skill('foo', 0)?.count).toBeCloseTo(0.9)
  })

  test('knows the rate of a class over the last seconds', () => {
    const keeper = new ResumeKeeper({ rateTau: 2 })
    for (let now = 0; now < 20; now += 0.1) serve(keeper, 'foo=.01', now)
    expect(keeper.skill('foo', 20)?.rate).toBeCloseTo(10, 0)
    expect(keeper.skill('foo', 22)?.rate).toBeCloseTo(10 / Math.E, 0)
  })

  test('estimates a known class by its own mean and others by the mean of all', () => {
    const keeper = new ResumeKeeper()
    expect(keeper.expectedSeconds('foo')).toBeGreaterThan(0)
    serve(keeper, 'foo=3')
    expect(keeper.expectedSeconds('foo')).toBe(3)
    expect(keeper.expectedSeconds('bar')).toBe(3)
    for (let i = 0; i < 1000; i++) serve(keeper, 'bar=1')
    expect(keeper.expectedSeconds('baz')).toBeCloseTo(1)
  })
})

describe('forgetting', () => {
  test('drops a class that has not been seen for maxSkillAge requests', () => {
    const keeper = new ResumeKeeper({ maxSkillAge: 3, minCount: 0 })
    serve(keeper, 'foo=1 bar=1 bar=1 bar=1')
    expect(classesOf(keeper)).toEqual(['foo', 'bar'])
    serve(keeper, 'bar=1')
    expect(classesOf(keeper)).toEqual(['bar'])
  })

  test('maxSkillAge is ten times history when not given', () => {
    const keeper = new ResumeKeeper({ history: 7 })
    expect(keeper.options.maxSkillAge).toBe(70)
    keeper.updateOptions({})
    expect(keeper.options.maxSkillAge).toBe(10 * defaultResumeOptions.history)
  })

  test('drops a class whose count has faded', () => {
    const keeper = new ResumeKeeper({ recency: 2, minCount: 0.2 })
    serve(keeper, 'foo=1 bar=1 bar=1')
    expect(classesOf(keeper)).toEqual(['foo', 'bar'])
    serve(keeper, 'bar=1')
    expect(classesOf(keeper)).toEqual(['bar'])
  })

  test('makes room by forgetting the class not seen for longest', () => {
    const keeper = new ResumeKeeper({ maxClasses: 2 })
    serve(keeper, 'foo=1 bar=1 foo=1 baz=1')
    expect(classesOf(keeper)).toEqual(['foo', 'baz'])
    keeper.updateOptions({ maxClasses: 1 })
    expect(classesOf(keeper)).toEqual(['baz'])
  })

  test('never holds more than maxClasses, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 })),
        fc.integer({ min: 1, max: 8 }),
        (classes, maxClasses) => {
          const keeper = new ResumeKeeper({ maxClasses, recency: 5 })
          for (const requestClass of classes) {
            keeper.finish(`${requestClass}`, 1, 0)
            expect(keeper.size).toBeLessThanOrEqual(maxClasses)
            expect(keeper.skill(`${requestClass}`, 0)).toBeDefined()
          }
          expect(keeper.takeChanges(0).size).toBeLessThanOrEqual(2 * maxClasses)
        },
      ),
    )
  })
})

test('the expected time of a new class does not stay 0 after a first request that took none', () => {
  const keeper = new ResumeKeeper()
  keeper.finish('a', 0, 0)
  for (let i = 0; i < 500; i++) keeper.finish('a', 0.01, i)
  expect(keeper.expectedSeconds('new')).toBeCloseTo(0.01, 3)
})

describe('a class that is given up', () => {
  test('is forgotten, and requests that were on their way do not bring it back', () => {
    const keeper = new ResumeKeeper()
    serve(keeper, 'foo=1 foo=1 bar=1', 10)
    keeper.giveUp('foo', 10)
    expect(classesOf(keeper)).toEqual(['bar'])
    expect([keeper.isGivenUp('foo', 9), keeper.isGivenUp('foo', 10.9)]).toEqual([true, true])
    expect([keeper.isGivenUp('foo', 11), keeper.isGivenUp('bar', 10)]).toEqual([false, false])
  })

  test('can be had again', () => {
    const keeper = new ResumeKeeper()
    keeper.giveUp('foo', 10)
    serve(keeper, 'foo=1', 10)
    expect(keeper.isGivenUp('foo', 10)).toBe(false)
  })

  test('is not remembered longer than a second, nor beyond the limit', () => {
    const keeper = new ResumeKeeper({ maxClasses: 2 })
    for (const name of ['a', 'b', 'c']) keeper.giveUp(name, 10)
    expect(['a', 'b', 'c'].map((name) => keeper.isGivenUp(name, 10))).toEqual([true, true, false])
    keeper.giveUp('d', 11)
    expect(['a', 'b', 'd'].map((name) => keeper.isGivenUp(name, 10))).toEqual([false, false, true])
  })
})

describe('publishing', () => {
  test('is due at the first change, then when it changed and a second has passed', () => {
    const keeper = new ResumeKeeper()
    expect(keeper.isDue(10)).toBe(false)
    serve(keeper, 'foo=1', 10)
    expect(keeper.isDue(10)).toBe(true)
    keeper.takeChanges(10)
    expect(keeper.isDue(20)).toBe(false)
    serve(keeper, 'foo=1', 10.5)
    expect(keeper.isDue(10.5)).toBe(false)
    expect(keeper.isDue(11)).toBe(true)
  })

  test('is due at once if load balancers are to know soon', () => {
    const keeper = new ResumeKeeper()
    serve(keeper, 'foo=1 bar=1')
    keeper.takeChanges(0)
    keeper.forget('foo')
    expect(keeper.isDue(0)).toBe(false)
    keeper.publishSoon()
    expect(keeper.isDue(0)).toBe(true)
    expect(keeper.takeChanges(0)).toEqual(new Map([['foo', null]]))
    keeper.publishSoon()
    expect(keeper.isDue(0)).toBe(false)
  })

  test('is due soon where a line is known for many more sizes than was told', () => {
    const keeper = new ResumeKeeper()
    const serve = (units: number) => keeper.finish('a', { seconds: 0.1, units }, 10)
    for (const units of [10, 20]) serve(units)
    expect([keeper.isUrgent, keeper.isDue(10)]).toEqual([true, true])
    keeper.takeChanges(10)
    serve(20)
    expect([keeper.isUrgent, keeper.isDue(10.9)]).toEqual([false, false])
    serve(8_000)
    expect([keeper.isUrgent, keeper.isDue(10.01), keeper.isDue(10.06)]).toEqual([true, false, true])
  })

  test('is due every `history` requests, however short the time', () => {
    const keeper = new ResumeKeeper({ history: 3 })
    serve(keeper, 'foo=1')
    keeper.takeChanges(0)
    serve(keeper, 'foo=1 foo=1')
    expect(keeper.isDue(0)).toBe(false)
    serve(keeper, 'foo=1')
    expect(keeper.isDue(0)).toBe(true)
  })

  test('reports what changed once, and null for what was forgotten', () => {
    const keeper = new ResumeKeeper({ maxClasses: 2 })
    serve(keeper, 'foo=1 bar=1')
    expect([...keeper.takeChanges(0).keys()]).toEqual(['foo', 'bar'])
    serve(keeper, 'baz=1')
    const changes = keeper.takeChanges(0)
    expect(changes.get('foo')).toBeNull()
    expect(changes.get('baz')?.score).toBe(1)
    expect(changes.has('bar')).toBe(false)
    expect(keeper.takeChanges(0).size).toBe(0)
  })

  test('a class that was forgotten and came back is reported with its skill', () => {
    const keeper = new ResumeKeeper({ maxClasses: 1 })
    serve(keeper, 'foo=1 bar=1 foo=2')
    expect(keeper.takeChanges(0).get('foo')?.score).toBe(0.5)
  })

  test('changes applied to an old résumé give the whole one', () => {
    const step = fc.record({
      requestClass: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      seconds: fc.double({ min: 0.001, max: 10, noNaN: true }),
      publishes: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const keeper = new ResumeKeeper({ recency: 3, maxClasses: 4 })
        const told = new Map<RequestClass, Skill>()
        const publish = (): void => {
          for (const [requestClass, skill] of keeper.takeChanges(0)) {
            if (skill) told.set(requestClass, skill)
            else told.delete(requestClass)
          }
        }
        for (const { requestClass, seconds, publishes } of steps) {
          keeper.finish(requestClass, seconds, 0)
          if (publishes || keeper.isDue(0)) publish()
        }
        publish()
        // Counts fade while the résumé is not read; what the others say must be the same.
        const lasting = (resume: Iterable<readonly [RequestClass, Skill]>) =>
          [...resume].map(([name, { score, seconds }]) => ({ name, score, seconds })).sort(byName)
        expect(lasting(told)).toEqual(lasting(keeper.resume(0)))
      }),
    )
  })
})

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}

describe('a class is cold', () => {
  test('until a request of it was served, and again when it is forgotten', () => {
    const keeper = new ResumeKeeper({ maxClasses: 1 })
    expect(keeper.isCold('foo')).toBe(true)
    serve(keeper, 'foo=1')
    expect(keeper.isCold('foo')).toBe(false)
    serve(keeper, 'bar=1')
    expect([keeper.isCold('foo'), keeper.isCold('bar')]).toEqual([true, false])
  })

  test('after a start, whatever the saved résumé has, until it was warmed up', () => {
    const keeper = new ResumeKeeper()
    keeper.load([['foo', { score: 1 }]], 0)
    expect(keeper.isCold('foo')).toBe(true)
    keeper.setWarm('foo')
    expect(keeper.isCold('foo')).toBe(false)
  })

  test('after the application has lost its caches', () => {
    const keeper = new ResumeKeeper()
    serve(keeper, 'foo=1')
    keeper.warm.touch([1, 2])
    keeper.forgetWarmth()
    expect([keeper.isCold('foo'), keeper.warm.size, keeper.has('foo')]).toEqual([true, 0, true])
    serve(keeper, 'foo=1')
    expect(keeper.isCold('foo')).toBe(false)
  })

  test('only where first requests take at least twice as long as later ones', () => {
    const quicker = new ResumeKeeper()
    const alike = new ResumeKeeper()
    for (let i = 0; i < 100; i++) {
      serve(quicker, `c${i}=0.3 c${i}=0.1`)
      serve(alike, `c${i}=0.1 c${i}=0.1`)
    }
    expect([quicker.isCold('new'), alike.isCold('new')]).toEqual([true, false])
  })

  test('by first requests after a start as well, beside the times of the saved résumé', () => {
    const keeper = new ResumeKeeper()
    const names = Array.from({ length: 100 }, (_, i) => `c${i}`)
    keeper.load(
      names.map((name) => [name, { score: 10, seconds: 0.1 }]),
      0,
    )
    for (const name of names) serve(keeper, `${name}=0.1`)
    expect(keeper.isCold('new')).toBe(false)
  })
})

describe('a saved résumé', () => {
  test('is loaded as `history` requests at its speed', () => {
    const keeper = new ResumeKeeper({ history: 4 })
    expect(keeper.load([['foo', { score: 2 }]], 0)).toBe(1)
    expect(keeper.skill('foo', 0)).toMatchObject({ score: 2, seconds: 0.5, count: 1, rate: 0 })
    serve(keeper, 'foo=2')
    // Four requests in two seconds, a quarter faded, and one of two seconds.
    expect(keeper.skill('foo', 0)?.score).toBeCloseTo((4 * 0.75 + 1) / (2 * 0.75 + 2))
  })

  test('is what it was after it was saved and loaded', () => {
    const requests = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.double({ min: 1e-5, max: 9, noNaN: true })),
    )
    fc.assert(
      fc.property(requests, (all) => {
        const keeper = new ResumeKeeper({ history: 10 })
        for (const [requestClass, seconds] of all) keeper.finish(requestClass, seconds, 0)
        const saved = keeper.resume(0)
        const loaded = new ResumeKeeper({ history: 10 })
        loaded.load(saved, 0)
        const after = loaded.resume(0)
        expect([...after.keys()]).toEqual([...saved.keys()])
        for (const [requestClass, { score, seconds, count }] of saved) {
          const skill = after.get(requestClass)!
          expect(skill.score).toBeCloseTo(score, 6)
          expect([skill.seconds, skill.count]).toEqual([seconds, count])
        }
      }),
    )
  })

  test('replaces the present résumé, which is reported', () => {
    const keeper = new ResumeKeeper()
    serve(keeper, 'foo=1')
    keeper.takeChanges(0)
    keeper.load([['bar', { score: 1 }]], 0)
    expect(classesOf(keeper)).toEqual(['bar'])
    expect(keeper.takeChanges(0).get('foo')).toBeNull()
  })

  test('keeps the most recent of too many, and leaves out what cannot be', () => {
    const keeper = new ResumeKeeper({ maxClasses: 2 })
    const saved = ['a', 'b', 'c'].map((name) => [name, { score: 1 }] as const)
    const bad = [0, -1, Number.NaN, Number.POSITIVE_INFINITY].map(
      (score) => [`${score}`, { score }] as const,
    )
    expect(keeper.load([...saved, ...bad], 0)).toBe(2)
    expect(classesOf(keeper)).toEqual(['b', 'c'])
  })
})

describe('options', () => {
  test.each([
    ['history', 0],
    ['history', Number.NaN],
    ['history', -1],
    ['history', 'many'],
    ['maxSkillAge', 0],
    ['maxClasses', 0],
    ['window', 0.5],
    ['recency', Number.POSITIVE_INFINITY],
    ['rateTau', 0],
    ['minCount', 2],
  ])('refuse %s %s, saying what was expected', (option, value) => {
    const refused = (): ResumeKeeper => new ResumeKeeper({ [option]: value })
    expect(refused).toThrow(OptionError)
    expect(refused).toThrow(
      new RegExp(`Expected ${option} to be a number from .*, got '?${value}'?`),
    )
  })

  test('that come as text are read as numbers', () => {
    const options = { history: '2' } as unknown as { history: number }
    expect(new ResumeKeeper(options).options.history).toBe(2)
  })

  test('go back to their defaults when an update does not give them', () => {
    const keeper = new ResumeKeeper({ history: 3, window: 5 })
    keeper.updateOptions({ window: 6 })
    expect(keeper.options).toMatchObject({ history: defaultResumeOptions.history, window: 6 })
  })

  test('stay as they were when an update is refused', () => {
    const keeper = new ResumeKeeper({ history: 3 })
    expect(() => keeper.updateOptions({ history: 0 })).toThrow(OptionError)
    expect(keeper.options.history).toBe(3)
  })
})
