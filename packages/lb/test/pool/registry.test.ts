import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { createPool, poolKinds, poolNames } from '../../src/pool/registry.ts'
import { Player } from './support/play.ts'

describe('createPool', () => {
  test.each(poolNames)('makes a pool named %s that serves', (name) => {
    expect(new Player(createPool(name)).play('foo +w1 foo')).toBe('none w1')
  })

  test.each(['nonsense', 'toString', ''])('refuses %j and names the pools there are', (name) => {
    const names = poolNames.join(', ')
    expect(() => createPool(name)).toThrow(new OptionError('pool', `one of ${names}`, name))
  })

  test('hands the settings to the pool', () => {
    expect(() => createPool('classic', { variance: -1 })).toThrow(OptionError)
  })
})

describe('poolKinds', () => {
  test.each(Object.entries(poolKinds))('describe %s in one line', (_name, kind) => {
    expect(kind.help).toMatch(/^[A-Z].{20,100}\.$/)
    for (const spec of Object.values<{ help: string }>(kind.settings)) {
      expect(spec.help).toMatch(/^[A-Z].{15,120}\.$/)
    }
  })
})
