import { describe, expect, test } from 'vitest'
import { whyChosen } from '../../src/admin/why.ts'
import type { Role } from '../../src/pool/explanation.ts'

/** The sentence for a choice among workers in these roles; the first is chosen. */
function whyOf(...roles: Role[]): string {
  const reckoned = { backlog: 0, wait: 0.001, service: 0.01, cost: 0.011 }
  const candidates = roles.map((role, index) => ({ worker: `w${index + 1}`, role, ...reckoned }))
  return whyChosen({ chosen: 'w1', candidates })
}

describe('why a worker is chosen', () => {
  test('says of a class that is new that no worker has served it', () => {
    expect(whyOf('cold', 'cold')).toContain(
      ': no worker that can take it has served the class lately.',
    )
  })

  test('says of a class that is served elsewhere that those workers are too busy', () => {
    expect(whyOf('cold', 'home')).toContain('but those that have are too busy.')
  })

  test('says how deep a worker is warm, where that counts', () => {
    const whyDeep = (links: number, ...depths: number[]) => {
      const candidates = depths.map((warmLinks, index) => {
        const role = warmLinks === 0 ? ('cold' as const) : ('home' as const)
        return { worker: `w${index + 1}`, role, backlog: 0, warmLinks, warmUnits: 10 * warmLinks }
      })
      return whyChosen({ chosen: 'w1', candidates }, { units: 10 * links, links })
    }
    expect(whyDeep(8, 6, 2)).toContain(
      ': it is warm for 6 of 8 links, 60 of 80 units, and no worker for more.',
    )
    expect(whyDeep(8, 2, 6)).toContain(
      ': it is warm for 2 of 8 links, 20 of 80 units, and where more is warm it would cost more.',
    )
    expect(whyDeep(8, 0, 0)).toContain(': no worker is warm for its chain.')
    expect(whyDeep(0, 0, 0)).toContain(': its chain is empty, so that no worker can be warm')
  })

  test('calls the cost the least only where the cost decides', () => {
    expect(whyOf('home', 'cold')).toMatch(/ It costs least: 1.0 ms wait \+ 10 ms service.$/)
    for (const role of ['sticky', 'standby', 'unready', 'ejected'] as const) {
      expect(whyOf(role, 'home')).toMatch(/ Its cost: 1.0 ms wait \+ 10 ms service.$/)
    }
  })

  test('says that no worker is connected, or that none of them can', () => {
    const candidates = [{ worker: 'w1', role: 'draining' as const, backlog: 0 }]
    expect(whyChosen({ chosen: undefined, candidates: [] })).toContain('none is connected')
    expect(whyChosen({ chosen: undefined, candidates })).toContain('the role of each says why')
  })
})
