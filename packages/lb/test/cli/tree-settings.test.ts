import { silentLogger } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { treeSettings } from '../../src/cli/tree-settings.ts'

function follow(base = {}, takesOthers = false) {
  const ignored: unknown[] = []
  const warn = ({ property }: Readonly<Record<string, unknown>>) => ignored.push(property)
  const log = { ...silentLogger, warn }
  return { settings: treeSettings(base, { takesOthers, path: '/lb', log }), ignored }
}

describe('settings of load balancers in a tree', () => {
  test('takes the settings of all pools by their names in trees', () => {
    const { settings, ignored } = follow()
    const tree = { variance: 2, backlog_history: '5', unskilled_score: 0.5, version_handover: 60 }
    expect(settings.take(tree)).toEqual({
      variance: 2,
      backlogHistory: '5',
      unskilledScore: 0.5,
      handover: 60,
    })
    expect(ignored).toEqual([])
  })

  test('goes back to its base when a property goes', () => {
    const { settings } = follow({ variance: 4 })
    expect(settings.take({ variance: 2 })).toEqual({ variance: 2 })
    expect(settings.take({ variance: null })).toEqual({ variance: 4 })
    expect(settings.take({})).toEqual({ variance: 4 })
  })

  test('keeps the last valid value of an invalid property, and reports what it ignores', () => {
    const { settings, ignored } = follow()
    settings.take({ variance: 2 })
    expect(settings.take({ variance: 'much', backlogHistory: 3 })).toEqual({ variance: 2 })
    expect(ignored).toEqual(['variance', 'backlogHistory'])
  })

  test("passes on what it does not know if the pool is the user's own", () => {
    const { settings, ignored } = follow({}, true)
    expect(settings.take({ size: [1], variance: -1 })).toEqual({ size: [1] })
    expect(ignored).toEqual(['variance'])
  })
})
