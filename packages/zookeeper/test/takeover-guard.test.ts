import { expect, test } from 'vitest'
import { fightWindow, lossesOfFight, TakeoverGuard } from '../src/takeover-guard.ts'

const timeout = 1000

test('TakeoverGuard takes a loss now and then for what it is', () => {
  const guard = new TakeoverGuard()
  for (let loss = 0; loss < 10; loss++) guard.taken(loss * fightWindow * timeout, timeout)
  expect(guard.isFight).toBe(false)
})

test('TakeoverGuard calls several losses in a short time a fight', () => {
  const guard = new TakeoverGuard()
  for (let loss = 1; loss < lossesOfFight; loss++) guard.taken(loss, timeout)
  expect(guard.isFight).toBe(false)
  guard.taken(fightWindow * timeout, timeout)
  expect(guard.isFight).toBe(true)
})

test('TakeoverGuard forgets the fight when the other has gone', () => {
  const guard = new TakeoverGuard()
  for (let loss = 0; loss < lossesOfFight; loss++) guard.taken(loss, timeout)
  guard.free()
  expect(guard.isFight).toBe(false)
  guard.taken(lossesOfFight, timeout)
  expect(guard.isFight).toBe(false)
})
