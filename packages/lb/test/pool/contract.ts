/** What every pool and every wrapper must do, whatever its policy. */
import type { Resume, Skill } from '@resumelb/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { markUpgraded } from '../../src/pool/assignment.ts'
import type { Explanation } from '../../src/pool/explanation.ts'
import type { PickArgs } from '../../src/pool/pick.ts'
import type { Assignment, Outcome, Pool, WorkerUpdate } from '../../src/pool/pool.ts'
import { abandoned, failed, Player, repeat, served, skillOf, traitsOf } from './support/play.ts'

/** Milliseconds that a property may take on a machine that is busy with other things. */
export const patience = 120_000

const workers = ['w1', 'w2', 'w3', 'w4', 'w5']
const classes = ['a', 'b', 'a/b', '', '__proto__']
/** Two conversations with the same beginning, a longer one, and a request that has none. */
const chains = [[], [1], [1, 2, 3], [1, 2, 4, 5], Array.from({ length: 20 }, (_, i) => i + 100)]
const allLinks = [...new Set(chains.flat())]

/** A source of chance that gives the same numbers every time (Lehmer's generator). */
export function createRandom(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 0x7fffffff
    return state / 0x7fffffff
  }
}

/** Anything that can happen to a pool. */
export type Step =
  | { is: 'update'; worker: string; news: WorkerUpdate }
  | { is: 'remove'; worker: string }
  | { is: 'assign'; pick: PickArgs; avoid: ReadonlySet<string> | undefined }
  | { is: 'answer'; which: number }
  | { is: 'upgrade'; which: number }
  | { is: 'finish'; which: number; outcome: Outcome }
  | { is: 'finish again'; which: number; outcome: Outcome }
  | { is: 'wait'; seconds: number }
  | { is: 'tick' }
  | { is: 'settings'; settings: Record<string, unknown> }

const oneWorker = fc.constantFrom(...workers)
const oneClass = fc.constantFrom(...classes)
const onePick: fc.Arbitrary<PickArgs> = fc.record(
  {
    requestClass: oneClass,
    version: fc.constantFrom('', 'v1', 'v2', 'v3'),
    session: fc.constantFrom('s1', 's2'),
    units: fc.oneof(fc.constantFrom(0, 1e15), fc.double({ min: 0, max: 1e5, noNaN: true })),
    chain: fc.constantFrom(...chains),
  },
  { requiredKeys: ['requestClass'] },
)
const plainSkill = {
  score: fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
  seconds: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
  count: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1000, noNaN: true })),
  rate: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e4, noNaN: true })),
}
const skill = fc.oneof(
  fc.record(plainSkill),
  fc.record({
    ...plainSkill,
    fixed: fc.constantFrom(0, 0.01, 1),
    perUnit: fc.constantFrom(0, 1e-4, 0.01),
    rest: fc.constantFrom(0.1, 10),
  }),
)
const others = fc.record({
  requests: fc.nat(50),
  seconds: fc.double({ min: 0, max: 50, noNaN: true }),
})
const resume: fc.Arbitrary<Resume> = fc
  .array(fc.tuple(oneClass, skill), { maxLength: 5 })
  .map((e) => new Map(e))
const changes = fc
  .array(fc.tuple(oneClass, fc.option(skill)), { maxLength: 5 })
  .map((entries) => new Map(entries))
const outcome: fc.Arbitrary<Outcome> = fc.record(
  {
    result: fc.constantFrom('served', 'failed', 'timeout', 'disconnected', 'refused', 'abandoned'),
    seconds: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
    skill,
    others,
    depth: fc.nat(20),
  },
  { requiredKeys: ['result'] },
)
const traits = fc.record(
  {
    key: fc.constant(''),
    concurrency: fc.integer({ min: 1, max: 8 }),
    version: fc.constantFrom('', 'v1', 'v2'),
    state: fc.constantFrom('warming', 'ready', 'unready', 'draining'),
    warmsUp: fc.boolean(),
    standby: fc.boolean(),
    capacity: fc.constantFrom(0.5, 1, 2),
    takesSessions: fc.boolean(),
  },
  { requiredKeys: ['key', 'concurrency', 'version', 'state'] },
)
const links = fc.subarray(allLinks)
const warmth = fc.record(
  { whole: fc.constant<true>(true), warm: links, gone: links },
  { requiredKeys: ['warm', 'gone'] },
)
const news = fc.record({ traits, resume, changes, others, warmth }, { requiredKeys: [] })
/** What can happen to a pool. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(oneWorker, news).map(
      ([worker, it]): Step => ({
        is: 'update',
        worker,
        news: it.traits ? { ...it, traits: { ...it.traits, key: worker } } : it,
      }),
    ),
  },
  { weight: 1, arbitrary: oneWorker.map((worker): Step => ({ is: 'remove', worker })) },
  {
    weight: 6,
    arbitrary: fc.tuple(onePick, fc.option(fc.uniqueArray(oneWorker), { nil: undefined })).map(
      ([pick, avoid]): Step => ({
        is: 'assign',
        pick,
        avoid: avoid && new Set(avoid),
      }),
    ),
  },
  { weight: 1, arbitrary: fc.nat().map((which): Step => ({ is: 'answer', which })) },
  { weight: 1, arbitrary: fc.nat().map((which): Step => ({ is: 'upgrade', which })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(), outcome)
      .map(([which, it]): Step => ({ is: 'finish', which, outcome: it })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(), outcome)
      .map(([which, it]): Step => ({ is: 'finish again', which, outcome: it })),
  },
  {
    weight: 2,
    arbitrary: fc
      .double({ min: 0, max: 30, noNaN: true })
      .map((seconds): Step => ({ is: 'wait', seconds })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ is: 'tick' }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom({}, { maxClasses: 2 }, { spares: '1', handover: 5 })
      .map((settings): Step => ({ is: 'settings', settings })),
  },
)

/**
 * Does the steps, checks after each what must hold, and tells what was assigned. With `explains`,
 * each pick is explained before, and the explanation must be true.
 */
export function live(pool: Pool<string>, steps: readonly Step[], explains = false): string[] {
  const present = new Set<string>()
  const unfinished: Assignment<string>[] = []
  const finished: Assignment<string>[] = []
  const log: string[] = []
  let now = 0
  const actions: { [S in Step as S['is']]: (step: S) => void } = {
    update: ({ worker, news: it }) => {
      if (it.traits !== undefined) present.add(worker)
      pool.update(worker, it, now)
    },
    remove: ({ worker }) => {
      present.delete(worker)
      pool.remove(worker, now)
    },
    assign: ({ pick, avoid }) => {
      const explained = explains ? pool.explain?.(pick, now, avoid) : undefined
      const assignment = pool.assign(pick, now, avoid)
      if (explained !== undefined) expectToTell(explained, assignment)
      log.push(assignment?.worker ?? 'none')
      if (assignment === undefined) return
      expect(present).toContain(assignment.worker)
      expect(avoid ?? new Set()).not.toContain(assignment.worker)
      unfinished.push(assignment)
    },
    answer: ({ which }) => unfinished[which % unfinished.length]?.answered?.(now),
    upgrade: ({ which }) => unfinished[which % unfinished.length]?.upgraded?.(now),
    finish: ({ which, outcome: it }) => {
      const [assignment] = unfinished.splice(which % Math.max(unfinished.length, 1), 1)
      assignment?.finish(now, it)
      if (assignment !== undefined) finished.push(assignment)
    },
    'finish again': ({ which, outcome: it }) => {
      finished[which % finished.length]?.finish(now, it)
      finished[which % finished.length]?.answered?.(now)
      finished[which % finished.length]?.upgraded?.(now)
    },
    wait: ({ seconds }) => {
      now += seconds
    },
    tick: () => pool.tick?.(now),
    settings: ({ settings }) => pool.updateSettings(settings),
  }
  for (const it of steps) {
    ;(actions[it.is] as (step: Step) => void)(it)
    expect(pool.backlog).toBe(unfinished.length)
    expect(pool.size).toBeGreaterThanOrEqual(0)
    expect(pool.size).toBeLessThanOrEqual(present.size)
  }
  for (const assignment of unfinished) assignment.finish(now, served)
  expect(pool.backlog).toBe(0)
  return log
}

function expectToTell(
  { chosen, candidates }: Explanation<string>,
  assignment: Assignment<string> | undefined,
) {
  expect(chosen).toBe(assignment?.worker)
  const role = candidates.find(({ worker }) => worker === chosen)?.role
  // A warming worker is chosen for what it can do, though it has had its share.
  if (assignment?.reason !== undefined && role !== 'warming') expect(role).toBe(assignment.reason)
  const workers = candidates.map(({ worker }) => worker)
  expect(new Set(workers).size).toBe(workers.length)
  if (chosen !== undefined) expect(workers).toContain(chosen)
  for (const candidate of candidates) {
    const { worker: _, role: __, skill: ___, ...figures } = candidate
    for (const figure of Object.values(figures)) expect(figure).not.toBeNaN()
  }
}

/**
 * Describes what the pools that `create` makes must do. `random` is like `Math.random`; a policy
 * may ignore capacities.
 */
export function describePoolContract(
  create: (random: () => number) => Pool<string>,
  { heedsCapacity = true } = {},
): void {
  const setUp = () => {
    const pool = create(createRandom())
    return { pool, player: new Player(pool) }
  }

  describe('as every pool', () => {
    test(
      'has a backlog of what is assigned and not finished, whatever happens',
      () => {
        fc.assert(
          fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
            live(create(createRandom()), steps)
          }),
          { numRuns: 100 },
        )
      },
      patience,
    )

    test(
      'decides the same when the same happens',
      () => {
        fc.assert(
          fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
            const once = live(create(createRandom(7)), steps)
            expect(live(create(createRandom(7)), steps)).toEqual(once)
          }),
          { numRuns: 50 },
        )
      },
      patience,
    )

    test(
      'explains truly whom it would choose, and changes nothing thereby',
      () => {
        fc.assert(
          fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
            const silently = live(create(createRandom(7)), steps)
            expect(live(create(createRandom(7)), steps, true)).toEqual(silently)
          }),
          { numRuns: 100 },
        )
      },
      patience,
    )

    test('assigns nothing while there is no worker', () => {
      expect(setUp().player.play('a +w1 a -w1 a')).toBe('none w1 none')
    })

    test('counts what a worker has to do that is gone, and that it comes back with', () => {
      const { pool, player } = setUp()
      player.play('+w1 a a -w1')
      expect([pool.size, pool.backlog]).toEqual([0, 2])
      player.play('!w1 +w1 a')
      expect([pool.size, pool.backlog]).toEqual([1, 2])
      player.play('!w1 !w1')
      expect(pool.backlog).toBe(0)
    })

    test('counts an end once', () => {
      const { pool } = setUp()
      pool.update('w1', { traits: traitsOf('w1'), resume: new Map() }, 0)
      const first = pool.assign({ requestClass: 'a' }, 0)
      pool.assign({ requestClass: 'a' }, 0)
      first?.finish(1, served)
      first?.finish(2, failed)
      first?.finish(3, abandoned)
      expect(pool.backlog).toBe(1)
    })

    test('counts an upgraded connection until it ends', () => {
      const { pool } = setUp()
      pool.update('w1', { traits: traitsOf('w1'), resume: new Map() }, 0)
      const assignment = pool.assign({ requestClass: 'a' }, 0)
      if (assignment !== undefined) markUpgraded(assignment, 1)
      expect(pool.backlog).toBe(1)
      assignment?.finish(100_000, abandoned)
      expect(pool.backlog).toBe(0)
    })

    test('drops news of workers that are not here', () => {
      const { pool, player } = setUp()
      pool.update('w9', { resume: new Map([['a', skillOf(1)]]) }, 0)
      pool.update('w9', { changes: new Map(), others: { requests: 1, seconds: 1 } }, 0)
      pool.remove('w9', 0)
      expect(pool.size).toBe(0)
      expect(player.play('a')).toBe('none')
    })

    test('uses the last worker, however bad', () => {
      const { player } = setUp()
      player.play('+w1')
      for (let i = 0; i < 100; i++) expect(player.play('a ?w1 a b .001 ?w1 ?w1')).toBe('w1 w1 w1')
      expect(player.play(`.5 ${repeat(300, 'a')} 900 b`)).toBe(repeat(301, 'w1'))
    })

    test.runIf(heedsCapacity)(
      'gives a worker of twice the capacity about two thirds of what two workers have',
      () => {
        const { pool, player } = setUp()
        const all = Array.from({ length: 200 }, (_, i): [string, Skill] => [`c${i}`, skillOf(100)])
        const resume = new Map(all)
        pool.update('w1', { traits: traitsOf('w1', { capacity: 2 }), resume }, 0)
        pool.update('w2', { traits: traitsOf('w2'), resume }, 0)
        const given = player.play(Array.from({ length: 1200 }, (_, i) => `c${i % 200}`).join(' '))
        const share = given.split(' ').filter((worker) => worker === 'w1').length / 1200
        expect(share).toBeGreaterThan(0.6)
        expect(share).toBeLessThan(0.73)
      },
    )

    test('never gives a request to a worker that is to be avoided', () => {
      const { player } = setUp()
      player.play('+w1(a=9) +w2(a=8) +w3')
      expect(player.play('a^w1^w2 !w3 b^w1^w2 !w3 a^w2^w3 !w1 a^w3^w1')).toBe('w3 w3 w1 w2')
      expect(player.play('a^w1^w2^w3')).toBe('none')
      expect(player.play('-w3 a^w1^w2 a^w3^w1')).toBe('none w2')
    })
  })
}
