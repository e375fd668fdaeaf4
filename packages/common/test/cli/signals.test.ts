import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { shutdownSignal } from '../../src/cli/signals.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

function setUp() {
  const source = new EventEmitter()
  const clock = new ManualClock()
  const again: string[] = []
  const told = shutdownSignal((signal) => again.push(signal), source, clock)
  const signal = (name: string) => source.emit(name, name)
  return { told, again, clock, signal }
}

test('the first signal stops the process', async () => {
  const { told, again, signal } = setUp()
  signal('SIGINT')
  expect(await told).toBe('SIGINT')
  expect(again).toEqual([])
})

test('the same one from a terminal and from a parent is one', async () => {
  const { again, clock, signal } = setUp()
  signal('SIGINT')
  await clock.advance(299)
  signal('SIGTERM')
  expect(again).toEqual([])
})

test('each later signal requests an immediate exit', async () => {
  const { again, clock, signal } = setUp()
  signal('SIGTERM')
  await clock.advance(300)
  signal('SIGTERM')
  signal('SIGINT')
  expect(again).toEqual(['SIGTERM', 'SIGINT'])
})
