import { describe, expect, test } from 'vitest'
import { ClassicPool } from '../../../src/pool/policies/classic-pool.ts'
import { ClasslessPool } from '../../../src/pool/policies/classless-pool.ts'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { RendezvousPool } from '../../../src/pool/policies/rendezvous-pool.ts'
import { RoundRobinPool } from '../../../src/pool/policies/round-robin-pool.ts'
import type { WorkerTraits } from '../../../src/pool/pool.ts'
import { composePool } from '../../../src/pool/wrappers/compose-pool.ts'
import { StatesPool } from '../../../src/pool/wrappers/states-pool.ts'
import { StickyPool } from '../../../src/pool/wrappers/sticky-pool.ts'
import { describePoolContract } from '../contract.ts'
import { failed, served, traitsOf } from '../support/play.ts'

/** The session `s1` is that of `w1`. */
const idOf = (key: string) => key.replace('w', 's')

const ejection = { maxFailures: 1, ejectionTime: 10, maxEjectionTime: 30 }

function setUp() {
  const pool = composePool<string>(() => new RoundRobinPool(), { sessionIds: idOf, ejection })
  const tell = (worker: string, traits: Partial<WorkerTraits> = {}) =>
    pool.update(worker, { traits: traitsOf(worker, traits), resume: new Map() }, 0)
  const ask = (session?: string, avoid?: ReadonlySet<string>) =>
    pool.assign({ requestClass: 'a', ...(session !== undefined && { session }) }, 0, avoid)
  for (const worker of ['w1', 'w2', 'w3']) tell(worker)
  return { pool, tell, ask }
}

describe('StickyPool over StatesPool over CostPool', () => {
  describePoolContract(
    (random) => new StickyPool(() => new StatesPool(() => new CostPool({}, random)), idOf),
  )
})

describe.each([
  ['ClassicPool', () => new ClassicPool<string>()],
  ['ClasslessPool', () => new ClasslessPool<string>()],
  ['RendezvousPool', () => new RendezvousPool<string>()],
])('StickyPool over %s', (_name, create) => {
  describePoolContract(() => new StickyPool(create, idOf))
})

describe('StickyPool among all wrappers', () => {
  describePoolContract(() =>
    composePool(() => new RoundRobinPool(), { sessionIds: idOf, ejection, versions: 'single' }),
  )
})

describe('a request of a session', () => {
  test('goes to the worker that it names, and says so', () => {
    const { pool, ask } = setUp()
    for (let i = 0; i < 5; i++) {
      expect([ask('s2')?.worker, ask('s2')?.reason]).toEqual(['w2', 'sticky'])
    }
    const explanation = pool.explain?.({ requestClass: 'a', session: 's2' }, 0)
    expect(explanation?.chosen).toBe('w2')
    expect(explanation?.candidates).toContainEqual(
      expect.objectContaining({ worker: 'w2', role: 'sticky' }),
    )
  })

  test('goes anywhere if it names no worker that is here', () => {
    const { pool, ask } = setUp()
    const workers = [ask('s9'), ask(''), ask('__proto__')].map((given) => given?.worker)
    expect(workers).toEqual(['w1', 'w2', 'w3'])
    expect(ask('s9')?.reason).toBeUndefined()
    pool.remove('w2', 0)
    expect(ask('s2')?.worker).not.toBe('w2')
  })

  test('goes elsewhere if that worker has failed it', () => {
    const { ask } = setUp()
    expect(ask('s2', new Set(['w2']))?.worker).not.toBe('w2')
    expect(ask('s2', new Set(['w1', 'w3']))?.worker).toBe('w2')
  })

  test('stays with a worker on standby, or warming up', () => {
    const { tell, ask } = setUp()
    tell('w1', { standby: true })
    tell('w2', { state: 'warming' })
    for (let i = 0; i < 5; i++) {
      expect([ask('s1')?.worker, ask('s2')?.worker]).toEqual(['w1', 'w2'])
    }
  })

  test('leaves a worker that is not ready, and finds it again', () => {
    const { tell, ask } = setUp()
    tell('w2', { state: 'unready' })
    expect(ask('s2')?.worker).not.toBe('w2')
    tell('w2')
    expect(ask('s2')?.worker).toBe('w2')
  })

  test('stays with a draining worker as long as that takes sessions', () => {
    const { tell, ask } = setUp()
    tell('w2', { state: 'draining', takesSessions: true })
    expect([ask('s2')?.worker, ask()?.worker, ask()?.worker]).toEqual(['w2', 'w3', 'w1'])
    tell('w2', { state: 'draining' })
    expect(ask('s2')?.worker).not.toBe('w2')
  })

  test('leaves an ejected worker while any other is left', () => {
    const { pool, ask } = setUp()
    ask('s2')?.finish(0, failed)
    expect(ask('s2')?.worker).not.toBe('w2')
    pool.remove('w1', 0)
    pool.remove('w3', 0)
    const last = ask('s2')
    expect([last?.worker, last?.reason]).toEqual(['w2', 'ejected'])
    last?.finish(0, served)
  })

  test('leaves a worker whose version gets no work any more', () => {
    const pool = composePool<string>(() => new RoundRobinPool(), {
      sessionIds: idOf,
      versions: 'single',
    })
    const ask = () => pool.assign({ requestClass: 'a', session: 's1' }, 0)?.worker
    const tell = (worker: string, version: string) =>
      pool.update(worker, { traits: traitsOf(worker, { version }), resume: new Map() }, 0)
    tell('w1', '1')
    tell('w2', '2')
    expect(ask()).toBe('w1')
    tell('w3', '2')
    expect(ask()).not.toBe('w1')
  })
})

test('a worker counts the requests of its sessions like all others', () => {
  const pool = new StickyPool<string>(() => new ClasslessPool(), idOf)
  for (const worker of ['w1', 'w2']) pool.update(worker, { traits: traitsOf(worker) }, 0)
  pool.assign({ requestClass: 'a', session: 's1' }, 0)
  expect(pool.assign({ requestClass: 'a' }, 0)?.worker).toBe('w2')
  expect(pool.backlog).toBe(2)
})
