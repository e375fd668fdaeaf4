import { EventEmitter } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { watchForLoss } from '../src/lost-log.ts'

function setUp() {
  const before = new Set(process.listeners('exit'))
  const guards = () => process.listeners('exit').filter((listener) => !before.has(listener))
  onTestFinished(() => {
    for (const guard of guards()) process.off('exit', guard)
  })
  const state = { isDestroyed: false }
  const file = Object.assign(new EventEmitter(), {
    destroy: () => {
      state.isDestroyed = true
    },
  })
  const told: string[] = []
  watchForLoss(file, (error) => told.push(error.message))
  const fail = (message: string) => file.emit('error', new Error(message))
  const exit = () => {
    for (const guard of guards()) guard(0)
  }
  const close = () => file.emit('close')
  return { state, told, fail, exit, close }
}

test('only the first of several consequent errors is reported', () => {
  const { told, fail } = setUp()
  fail('full')
  fail('still full')
  expect(told).toEqual(['full'])
})

test('what a lost file has not taken is given up at the exit', () => {
  const { state, fail, exit } = setUp()
  fail('full')
  exit()
  expect(state.isDestroyed).toBe(true)
})

test('a file that takes all is left to be written at the exit', () => {
  const { state, exit } = setUp()
  exit()
  expect(state.isDestroyed).toBe(false)
})

test('a lost file that is closed is forgotten', () => {
  const { state, fail, close, exit } = setUp()
  fail('full')
  close()
  exit()
  expect(state.isDestroyed).toBe(false)
})
