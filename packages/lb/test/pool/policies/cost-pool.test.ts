import { OptionError } from '@resumelb/common'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../../src/pool/explanation.ts'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { createRandom, describePoolContract, live, patience, step } from '../contract.ts'
import { Player, repeat, served, skillOf, traitsOf } from '../support/play.ts'
import { countOf, cycle, Site } from '../support/site.ts'

const createPool = (settings = {}) => new CostPool<string>(settings, createRandom())
const play = (script: string) => new Player(createPool()).play(script)

const workers = ['w1', 'w2', 'w3', 'w4']
const tenants = Array.from({ length: 20 }, (_, i) => `tenant${i}`)

/** Four workers that know five classes each, after some seconds at half their strength. */
function setUpSite(options: { concurrency?: number; badClasses?: string[] } = {}) {
  const pool = createPool()
  const site = new Site(pool, { workers, cacheSize: 8, ...options })
  const nextClass = cycle(tenants)
  const run = (seconds: number, perSecond = 400) => site.run(seconds, perSecond, nextClass)
  run(10)
  return { pool, site, run }
}

/** Four workers, of which the first has one class more than fits into its caches. */
function setUpOverflow() {
  const pool = createPool()
  const skill = (rate: number) => ({ score: 100, seconds: 0.01, count: 50, rate })
  const resumeOf = (worker: string, classes: number) =>
    new Map(Array.from({ length: classes }, (_, i) => [`${worker}-${i}`, skill(i + 1)]))
  for (const worker of workers) {
    const resume = resumeOf(worker, worker === 'w1' ? 9 : 5)
    pool.update(worker, { traits: traitsOf(worker), resume }, 0)
  }
  for (let i = 0; i < 500; i++) {
    const seconds = i % 10 === 0 ? 0.1 : 0.01
    const assignment = pool.assign({ requestClass: 'w1-8' }, 1)
    assignment?.finish(1, { result: 'served', seconds, skill: skill(9) })
  }
  return pool
}

describe('CostPool', () => {
  describePoolContract((random) => new CostPool({}, random))

  test('compiles only with settings that it has', () => {
    // @ts-expect-error: it is `price`
    expect(new CostPool({ prize: 2 }).size).toBe(0)
  })

  test(
    'still knows the cheapest worker, whatever has happened: no number ever becomes NaN',
    () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
          const pool = createPool()
          live(pool, steps)
          for (const worker of ['w1', 'w2', 'w3', 'w4', 'w5']) pool.remove(worker, 1e6)
          const player = new Player(pool)
          player.now = 1e6
          expect(player.play('+x1 +x2(new=1e9) +x3 new !x2 new')).toBe('x2 x2')
        }),
        { numRuns: 200 },
      )
    },
    patience,
  )

  test('gives a class to the worker that is fastest at it', () => {
    expect(play('+w1 +w2(foo=10) +w3(foo=200) +w4 foo')).toBe('w3')
  })

  test('sends a class elsewhere that is one too many for the caches of its worker', () => {
    const pool = setUpOverflow()
    const workersOf = (requestClass: string, avoid = new Set<string>()) =>
      pool.explain({ requestClass }, 4, avoid).chosen
    expect(['w1-0', 'w1-1', 'w2-0'].map((name) => workersOf(name))).toEqual(['w1', 'w1', 'w2'])
    for (const now of [2, 3, 4]) pool.tick(now)
    expect(['w1-0', 'w1-1', 'w2-0'].map((name) => workersOf(name))).toEqual(['w2', 'w1', 'w2'])
    // It is warm for it still, in case of need.
    expect(workersOf('w1-0', new Set(['w2']))).toBe('w1')
  })

  test('gives a class that another load balancer has begun at a worker to the same worker', () => {
    const begun = { score: 100, seconds: 0.01, count: 0, rate: 0 }
    for (const worker of ['w1', 'w2', 'w3', 'w4']) {
      const pool = createPool()
      const player = new Player(pool)
      player.play('+w1 +w2 +w3 +w4')
      pool.update(worker, { changes: new Map([['new', begun]]) }, player.now)
      expect(player.play('new')).toBe(worker)
    }
  })

  test('gives it to another when the wait would be longer than the difference', () => {
    expect(play('+w1 +w2(foo=40) +w3(foo=100) foo foo foo foo')).toBe('w3 w3 w2 w3')
  })

  test('takes what a worker that has left still ends for no other’s', () => {
    const pool = createPool()
    const player = new Player(pool)
    player.play('+w1 foo -w1 +w2 bar !w1')
    const [w2] = pool.explain({ requestClass: 'bar' }, player.now).candidates
    expect(w2).toMatchObject({ worker: 'w2', backlog: 1 })
    expect(w2?.wait).toBeGreaterThan(0)
  })

  test('lets a class follow its first request while nothing is known', () => {
    for (const tenant of tenants) {
      const player = new Player(createPool())
      const worker = player.play(`+w1 +w2 +w3 +w4 ${tenant}`)
      expect(player.play(`!${worker} ${tenant} !${worker} ${tenant}`)).toBe(`${worker} ${worker}`)
    }
  })

  test('begins new classes at all workers alike while all are idle', () => {
    const pool = new CostPool<string>({}, () => 0.5)
    const resume = new Map()
    for (const key of ['a:1', 'b:1', 'c:1']) {
      const traits = { key, concurrency: 4, version: '', state: 'ready' } as const
      pool.update(key, { traits, resume }, 0)
    }
    const firsts = new Map<string, number>()
    for (let i = 0; i < 90; i++) {
      const assignment = pool.assign({ requestClass: `class ${i}` }, i / 100)
      const skill = { score: 200, seconds: 0.005, count: 1, rate: 1 }
      assignment?.finish(i / 100 + 0.005, { result: 'served', seconds: 0.005, skill })
      const worker = assignment?.worker ?? ''
      firsts.set(worker, (firsts.get(worker) ?? 0) + 1)
    }
    expect(Math.min(...firsts.values())).toBeGreaterThan(15)
    expect(firsts.size).toBe(3)
  })

  test('agrees on homes with load balancers whose requests it does not know', () => {
    const keys = ['a:1', 'b:1', 'c:1', 'd:1']
    const pools = [createPool(), createPool()]
    for (const [i, pool] of pools.entries()) {
      for (const [j, key] of keys.entries()) {
        // Each has found another worker to be the fastest.
        const skill = { score: 100, seconds: 0.01, count: 50 + (i === j ? 50 : 0), rate: 1 }
        const resume = new Map(tenants.map((tenant) => [tenant, skill]))
        const traits = { key, concurrency: 1, version: '', state: 'ready', balancers: 2 } as const
        pool.update(key, { traits, resume }, 0)
      }
    }
    const [first, second] = pools.map((pool) =>
      tenants.map((requestClass) => {
        const assignment = pool.assign({ requestClass }, 1)
        assignment?.finish(1, { result: 'abandoned' })
        return assignment?.worker
      }),
    )
    expect(first).toEqual(second)
    expect(new Set(first).size).toBe(4)
  })

  test('plans about as many homes at each worker as load balancers that it does not hear of', () => {
    const keys = Array.from({ length: 12 }, (_, i) => `worker${i}:1`)
    const names = Array.from({ length: 120 }, (_, i) => `tenant${i}`)
    const pools = [createPool(), createPool()]
    const ask = (pool: (typeof pools)[0], requestClass: string, now: number) => {
      const assignment = pool.assign({ requestClass }, now)
      const skill = { score: 100, seconds: 0.01, count: 50, rate: 1 }
      assignment?.finish(now, { result: 'served', seconds: 0.01, skill })
      return assignment?.worker ?? ''
    }
    for (const [i, pool] of pools.entries()) {
      const traits = { concurrency: 1, version: '', state: 'ready', balancers: 2 } as const
      for (const key of keys) pool.update(key, { traits: { ...traits, key } }, 0)
      for (let second = 0; second < 10; second++) {
        // Each gets other parts of the requests.
        for (const [j, name] of names.entries())
          if ((j + second + i) % 3 > 0) ask(pool, name, second)
        pool.tick?.(second + 0.5)
      }
    }
    const homes = pools.map((pool) =>
      names.map((requestClass) => pool.explain?.({ requestClass }, 10)?.candidates[0]?.worker),
    )
    expect(homes[0]).toEqual(homes[1])
    const counts = keys.map((key) => homes[0]?.filter((home) => home === key).length ?? 0)
    expect(Math.max(...counts)).toBeLessThanOrEqual(11)
  })

  test('reckons with slots', () => {
    expect(play('+w1(foo=100) +w2*4(foo=90) foo foo foo foo')).toBe('w1 w2 w2 w2')
  })

  test('agrees with other balancers about classes that are new to all', () => {
    const one = new Player(createPool())
    const other = new Player(createPool())
    one.play('+w1 +w2 +w3 +w4 +w5')
    other.play('+w5 +w3 +w2 +w1 +w4')
    for (const tenant of tenants) {
      const worker = one.play(tenant)
      expect(other.play(tenant)).toBe(worker)
      one.play(`!${worker} 5`)
      other.play(`!${worker} 5`)
    }
  })

  test('reckons with what the other balancers have in progress, until that is old', () => {
    const pool = createPool()
    const player = new Player(pool)
    player.play('+w1(foo=100) +w2(foo=90)')
    pool.update('w1', { others: { requests: 5, seconds: 0.05 } }, 0)
    expect(player.play('foo !w2')).toBe('w2')
    expect(player.play('9 foo')).toBe('w1')
  })

  test('prefers a worker that does not fail to one that is hardly faster', () => {
    expect(play('+w1(foo=110) +w2(foo=100) foo ?w1 foo !w2 90 foo')).toBe('w1 w2 w1')
  })

  test('moves a class off a worker that is a little too busy all the time', () => {
    const pool = createPool()
    const news = () => new Map([['hot', { score: 100, seconds: 0.01, count: 50, rate: 60 }]])
    pool.update('w1', { traits: traitsOf('w1'), resume: news() }, 0)
    pool.update('w2', { traits: traitsOf('w2'), resume: new Map() }, 0)
    const chosen: (string | undefined)[] = []
    pool.assign({ requestClass: 'hot' }, 8)?.answered?.(8)
    for (const now of [10, 11, 12]) {
      pool.update('w1', { changes: news() }, now)
      pool.tick(now)
      const assignment = pool.assign({ requestClass: 'hot' }, now)
      chosen.push(assignment?.worker)
      assignment?.finish(now, { result: 'abandoned' })
    }
    expect(chosen).toEqual(['w1', 'w2', 'w2'])
  })

  test('forgets what a new résumé does not name, and what has faded', () => {
    expect(play('+w1 +w2(foo=99) +w3(foo=9) +w2 foo')).toBe('w3')
    expect(play('+w1 +w2(foo=99) +w3(foo=9) ~w2(foo=) foo')).toBe('w3')
  })

  test('spreads a class over as many workers as it takes, and not over all', () => {
    const pool = createPool()
    const site = new Site(pool, {
      workers: ['w1', 'w2', 'w3', 'w4', 'w5', 'w6', 'w7', 'w8'],
      cacheSize: 4,
    })
    const nextClass = cycle(['hot', 'a', 'hot', 'b', 'hot', 'c', 'hot', 'd'])
    site.run(10, 1040, nextClass)
    const hot = site.run(5, 1040, nextClass).filter((_, i) => i % 2 === 0)
    const busy = workersWithMoreThan(0.02, hot)
    expect(busy).toBeGreaterThanOrEqual(3)
    expect(busy).toBeLessThanOrEqual(7)
  })

  test('learns a class at a busy worker only when it must, at an idle one gladly', () => {
    const busy = `+w1(foo=100,bar=100) +w2(baz=100) ${repeat(40, 'baz')} 3 foo foo foo foo foo foo`
    const idle = '+w1(foo=100,bar=100) +w2(baz=100) 3 foo foo foo foo foo foo'
    expect(countOf(play(busy).split(' ').slice(40), 'w2')).toBe(0)
    expect(countOf(play(idle).split(' '), 'w2')).toBeGreaterThan(0)
  })

  test(
    'keeps what it knows within bounds through 50,000 invented classes',
    () => {
      const pool = createPool({ maxClasses: 500 })
      const player = new Player(pool)
      player.play('+w1 +w2(known=200) +w3')
      for (let i = 0; i < 50_000; i++) {
        const assignment = pool.assign({ requestClass: `invented${i}` }, i / 1000)
        const skill = { score: 1000, seconds: 0.001, count: 1, rate: 0.5 }
        assignment?.finish(i / 1000, { ...served, seconds: 0.001, skill })
        if (i % 1000 === 0) expect(player.play('known !w2')).toBe('w2')
      }
      expect(pool.classCount).toBeLessThanOrEqual(500)
      expect(pool.skillCount).toBeLessThanOrEqual(8000)
    },
    patience,
  )

  test('forgets classes rather than keep more skills than it may', () => {
    const pool = createPool({ maxClasses: 4 })
    const resume = new Map(['a', 'b', 'c', 'd'].map((name) => [name, skillOf(9)]))
    for (let i = 0; i < 100; i++) pool.update(`w${i}`, { traits: traitsOf(`w${i}`), resume }, 0)
    expect(pool.skillCount).toBeLessThanOrEqual(64)
    for (let i = 0; i < 100; i++) pool.remove(`w${i}`, 0)
    expect(pool.skillCount).toBe(0)
  })
})

function workersWithMoreThan(share: number, chosen: readonly string[]): number {
  const names = [...new Set(chosen)]
  return names.filter((name) => countOf(chosen, name) > share * chosen.length).length
}

describe('an assignment of CostPool', () => {
  test('says whether the worker had served the class', () => {
    const pool = createPool()
    new Player(pool).play('+w1(foo=100)')
    expect(pool.assign({ requestClass: 'foo' }, 0)?.isWarm).toBe(true)
    expect(pool.assign({ requestClass: 'new' }, 0)?.isWarm).toBe(false)
    // It has been given the class, and has not served it.
    expect(pool.assign({ requestClass: 'new' }, 0)?.isWarm).toBe(false)
  })

  test('has no regret where no worker is expected to be faster', () => {
    const pool = createPool()
    new Player(pool).play('+w1(foo=100) +w2(foo=90)')
    const assignment = pool.assign({ requestClass: 'foo' }, 0)
    expect(assignment).toMatchObject({ worker: 'w1', regret: 0 })
  })

  test('regrets the time by which a worker would be faster that is too dear', () => {
    const pool = createPool({ price: 100 })
    const player = new Player(pool)
    player.play('+w1(foo=100) +w2 1 foo 1 foo 1')
    const { chosen, candidates } = pool.explain({ requestClass: 'foo' }, player.now)
    const times = candidates.map(({ wait = 0, service = 0, risk = 0 }) => wait + service + risk)
    const timeOf = (name?: string) => times[candidates.findIndex(({ worker }) => worker === name)]
    const assignment = pool.assign({ requestClass: 'foo' }, player.now)
    expect(assignment?.worker).toBe(chosen)
    expect(assignment?.regret).toBeCloseTo((timeOf(chosen) ?? 0) - Math.min(...times), 9)
  })
})

describe('an explanation of CostPool', () => {
  const rolesOf = ({ candidates }: { candidates: readonly Candidate<string>[] }) =>
    Object.fromEntries(candidates.map(({ worker, role }) => [worker, role]))

  test('distinguishes homes from other skilled workers, and from unskilled ones', () => {
    const pool = createPool()
    new Player(pool).play('+w1(foo=100) +w2(foo=90) +w3 +w4')
    const explanation = pool.explain({ requestClass: 'foo' }, 0)
    expect(explanation.chosen).toBe('w1')
    expect(rolesOf(explanation)).toEqual({ w1: 'home', w2: 'spill', w3: 'cold', w4: 'cold' })
    expect(rolesOf(pool.explain({ requestClass: 'foo' }, 0, new Set(['w1'])))).toMatchObject({
      w1: 'avoided',
      w2: 'spill',
    })
  })

  test('gives the figures, in seconds, whose sum decides', () => {
    const pool = createPool({ price: 2 })
    const player = new Player(pool)
    player.play('+w1(foo=100) +w2(foo=50) foo foo^w1 1')
    const [w1, w2] = pool.explain({ requestClass: 'foo' }, player.now).candidates
    expect(w1).toMatchObject({ backlog: 1, skill: { seconds: 0.01 }, service: 0.01, waste: 0 })
    expect(w1?.cost).toBeCloseTo((w1?.wait ?? 0) + (w1?.service ?? 0) + (w1?.risk ?? 0), 9)
    expect(w2?.waste).toBeGreaterThan(0)
    expect(w2?.cost).toBeGreaterThan((w2?.wait ?? 0) + (w2?.service ?? 0) + (w2?.risk ?? 0))
  })

  test('is true while a class leaves a worker whose caches overflow', () => {
    const [explained, silent] = [setUpOverflow(), setUpOverflow()]
    for (const now of [2, 3, 4]) for (const pool of [explained, silent]) pool.tick(now)
    for (let i = 0; i < 300; i++) {
      const [now, pick] = [4 + i / 100, { requestClass: `w1-${i % 9}` }]
      const avoid = i % 5 === 0 ? new Set(['w2']) : undefined
      const { chosen } = explained.explain(pick, now, avoid)
      expect(explained.assign(pick, now, avoid)?.worker).toBe(chosen)
      expect(silent.assign(pick, now, avoid)?.worker).toBe(chosen)
    }
  })

  test('is true of classes that have so many workers that chance chooses among them', () => {
    const explained = createPool()
    const silent = createPool()
    for (const pool of [explained, silent]) {
      for (let i = 0; i < 40; i++) new Player(pool).play(`+w${i}(foo=${100 + i})`)
    }
    for (let i = 0; i < 200; i++) {
      const pick = { requestClass: i % 3 === 0 ? 'bar' : 'foo' }
      const { chosen } = explained.explain(pick, i / 1000)
      expect(explained.assign(pick, i / 1000)?.worker).toBe(chosen)
      expect(silent.assign(pick, i / 1000)?.worker).toBe(chosen)
    }
  })
})

describe('a worker that hangs', () => {
  test.each([1, 4, 100])('gets no more requests within a second, with %d slots', (concurrency) => {
    const { site, run } = setUpSite({ concurrency })
    const before = countOf(run(1), 'w1')
    site.setTrouble('w1', 'hangs')
    const during = countOf(run(1), 'w1')
    expect(during).toBeLessThan(before / 2)
    expect(countOf(run(10), 'w1')).toBeLessThanOrEqual(2)
  })

  test('gets requests again when it goes on', () => {
    const { site, run } = setUpSite()
    site.setTrouble('w1', 'hangs')
    run(5)
    site.setTrouble('w1', 'none')
    run(2)
    expect(countOf(run(5), 'w1')).toBeGreaterThan(100)
  })

  test('is not trusted again because its clients give up', () => {
    const { site, run } = setUpSite()
    site.setTrouble('w1', 'hangs')
    let lost = 0
    for (let i = 0; i < 60; i++) {
      lost += countOf(run(0.5), 'w1')
      site.abandon('w1')
    }
    expect(lost).toBeLessThan(100)
  })

  test('is one that has not begun to answer: a long response is none', () => {
    const pool = createPool()
    const player = new Player(pool)
    player.play('+w2(foo=10) +w1(foo=100,download=100)')
    const download = pool.assign({ requestClass: 'download' }, 0)
    expect(download?.worker).toBe('w1')
    download?.answered?.(0.001)
    expect(player.play('60 foo !w1 foo !w1')).toBe('w1 w1')
  })
})

describe('a worker that fails', () => {
  test('loses its requests, however quickly it fails', () => {
    const { site, run } = setUpSite()
    const before = countOf(run(5), 'w1')
    site.setTrouble('w1', 'fails')
    run(1)
    const during = countOf(run(5), 'w1')
    expect(before).toBeGreaterThan(200)
    expect(during).toBeLessThan(before / 50)
  })

  test('is charged for it, even while the others have too much to do', () => {
    const { site, run } = setUpSite()
    site.setTrouble('w1', 'fails')
    run(1)
    expect(countOf(run(3, 700), 'w1')).toBeLessThan(30)
  })

  test('comes back by itself when it is well', () => {
    const { site, run } = setUpSite()
    site.setTrouble('w1', 'fails')
    run(10)
    site.setTrouble('w1', 'none')
    run(30)
    // All requests of one class, at least.
    expect(countOf(run(5), 'w1')).toBeGreaterThanOrEqual(100)
  })

  test('gets its requests back when failures were few', () => {
    const { site, run } = setUpSite()
    const before = countOf(run(5), 'w1')
    site.setTrouble('w1', 'fails')
    run(0.01)
    site.setTrouble('w1', 'none')
    run(5)
    expect(countOf(run(5), 'w1')).toBeGreaterThan(before / 2)
  })

  test('is not to blame for a class that fails everywhere', () => {
    const { site, run } = setUpSite({ badClasses: ['tenant3'] })
    const chosen = run(20)
    for (const worker of workers) expect(countOf(chosen, worker)).toBeGreaterThan(1000)
    expect(site.failed / (site.failed + site.served)).toBeCloseTo(1 / 20, 2)
  })

  test('is used all the same when all fail', () => {
    const { site, run } = setUpSite()
    for (const worker of workers) site.setTrouble(worker, 'fails')
    expect(run(5)).toHaveLength(2000)
  })
})

describe('the settings of CostPool', () => {
  test('are refused all together when one is bad', () => {
    const pool = createPool({ price: 1 })
    expect(() => pool.updateSettings({ price: 100, spares: 0 })).toThrow(OptionError)
    expect(() => createPool({ homeUtilization: 'half' })).toThrow(OptionError)
  })

  test('are taken in while it runs: fewer classes are forgotten at once', () => {
    const pool = createPool()
    new Player(pool).play('+w1 a b c d e f')
    pool.updateSettings({ maxClasses: '2' })
    expect(pool.classCount).toBe(2)
    expect(pool.skillCount).toBeLessThanOrEqual(2)
  })
})
