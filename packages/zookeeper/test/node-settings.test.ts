import { expect, test } from 'vitest'
import { NodeSettings } from '../src/node-settings.ts'

const names = new Map([
  ['max_retries', 'maxRetries'],
  ['retries', 'maxRetries'],
])

function follow() {
  const warnings: unknown[] = []
  const settings = new NodeSettings({
    base: { maxRetries: 2, port: 80 },
    names,
    checkOf: (property) => {
      if (property !== 'own' && !names.has(property)) return undefined
      return (value) => {
        if (typeof value !== 'number') throw new Error('Expected a number')
      }
    },
    log: { warn: (facts) => void warnings.push(facts) },
    path: '/lb',
  })
  return { settings, warnings }
}

test('properties of a node are settings by their other names, over those of the base', () => {
  const { settings } = follow()
  expect(settings.take({ max_retries: 3, own: 1 })).toEqual({ maxRetries: 3, port: 80, own: 1 })
  expect(settings.take({})).toEqual({ maxRetries: 2, port: 80 })
})

test('the later one of two names for a setting wins, in whatever order they come', () => {
  const { settings } = follow()
  expect(settings.take({ retries: 5, max_retries: 3 })).toMatchObject({ maxRetries: 5 })
  expect(settings.take({ max_retries: 3, retries: 6 })).toMatchObject({ maxRetries: 6 })
})

test('ignored properties are reported', () => {
  const { settings, warnings } = follow()
  expect(settings.take({ retries: 'x', strange: 1 })).toEqual({ maxRetries: 2, port: 80 })
  expect(warnings).toEqual([
    { path: '/lb', property: 'retries', value: 'x', reason: 'Expected a number' },
    { path: '/lb', property: 'strange', value: 1, reason: 'not a setting' },
  ])
})

test('another base counts for what the node does not have', () => {
  const { settings } = follow()
  settings.take({ retries: 5 })
  expect(settings.rebase({ maxRetries: 3, port: 81 })).toEqual({ maxRetries: 5, port: 81 })
  expect(settings.take({})).toEqual({ maxRetries: 3, port: 81 })
})
