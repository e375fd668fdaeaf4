import { describe, expectTypeOf, test } from 'vitest'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import type { NamedPool } from '../../src/pool/registry.ts'

describe('LoadBalancerOptions', () => {
  test('take the settings of the pool that is named, and those for all pools', () => {
    const options: LoadBalancerOptions[] = [
      {},
      { settings: { price: 2, warmingShare: 0.5 } },
      { pool: 'cost', settings: { price: 2 } },
      { pool: 'classic', settings: { variance: 4 }, versions: 'requested' },
      { pool: 'random', settings: { warmingShare: 0.5 } },
      { pool: 'cost', versions: 'single', settings: { handover: 60, spares: 3 } },
    ]
    expectTypeOf(options).toExtend<readonly LoadBalancerOptions[]>()
  })

  test('take no settings of other pools, no unknown ones, and no handover without versions', () => {
    // @ts-expect-error: price is a setting of cost.
    const other: NamedPool = { pool: 'classic', settings: { price: 2 } }
    // @ts-expect-error: there is no such setting.
    const unknown: NamedPool = { pool: 'cost', settings: { prize: 2 } }
    // @ts-expect-error: only single versions are handed over.
    const handover: NamedPool = { pool: 'cost', settings: { handover: 60 } }
    // @ts-expect-error: there is no such pool.
    const pool: NamedPool = { pool: 'none' }
    expectTypeOf([other, unknown, handover, pool]).toExtend<readonly NamedPool[]>()
  })
})
