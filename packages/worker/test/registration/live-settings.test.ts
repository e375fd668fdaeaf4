import { silentLogger } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { liveSettings } from '../../src/registration/live-settings.ts'

function follow(base = {}) {
  const ignored: unknown[] = []
  const warn = ({ property }: Readonly<Record<string, unknown>>) => ignored.push(property)
  return { settings: liveSettings(base, '/workers', { ...silentLogger, warn }), ignored }
}

describe('settings of workers in a tree', () => {
  test('takes the settings by their names in trees', () => {
    const { settings, ignored } = follow()
    expect(settings.take({ history: 99, max_skill_age: 500, threads: 3 })).toEqual({
      history: 99,
      maxSkillAge: 500,
      concurrency: 3,
    })
    expect(ignored).toEqual([])
  })

  test('prefers concurrency to threads', () => {
    const { settings } = follow()
    expect(settings.take({ concurrency: 5, threads: 3 })).toEqual({ concurrency: 5 })
  })

  test('goes back to its base when a property goes', () => {
    const { settings } = follow({ concurrency: 2, maxClasses: 10 })
    expect(settings.take({ concurrency: 5 })).toEqual({ concurrency: 5, maxClasses: 10 })
    expect(settings.take({ concurrency: null })).toEqual({ concurrency: 2, maxClasses: 10 })
    expect(settings.take({})).toEqual({ concurrency: 2, maxClasses: 10 })
  })

  test('keeps the last valid value of an invalid property, and reports what it ignores', () => {
    const { settings, ignored } = follow()
    settings.take({ concurrency: 5 })
    expect(settings.take({ concurrency: 0, history: 'long', speed: 1 })).toEqual({ concurrency: 5 })
    expect(ignored).toEqual(['concurrency', 'history', 'speed'])
  })
})
