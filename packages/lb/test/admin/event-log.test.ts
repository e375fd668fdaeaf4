import type { Logger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { EventLog } from '../../src/admin/event-log.ts'
import { LoadBalancerEvents } from '../../src/events.ts'
import { resolveBalancingOptions } from '../../src/options.ts'

function setUp() {
  const lines: unknown[] = []
  const say =
    (level: string): Logger['info'] =>
    (facts, message) =>
      lines.push([level, message, facts])
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const events = new LoadBalancerEvents()
  new EventLog(events, log, resolveBalancingOptions({}), new ManualClock())
  return { events, lines }
}

test('the log has a line for each worker that connects, or is about to stop', () => {
  const { events, lines } = setUp()
  const up = { worker: '127.0.0.1:1', version: '7', classes: 3 }
  events.emit('workerUp', up)
  events.emit('workerDraining', { worker: '127.0.0.1:1' })
  expect(lines).toEqual([
    ['info', 'connected to worker', up],
    ['info', 'worker is draining', { worker: '127.0.0.1:1' }],
  ])
})

test('the log warns of bodies that were not read to classify their requests', () => {
  const { events, lines } = setUp()
  for (let i = 0; i < 30; i++) events.emit('bodyUnread', { cause: 'TOO_LONG' })
  expect(lines.length).toBe(10)
  expect(lines[0]).toEqual(['warn', 'request classified without its body', { failure: 'TOO_LONG' }])
})
