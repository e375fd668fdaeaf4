import { expect, test } from 'vitest'
import { BlockedWorkers } from '../../../../src/pool/wrappers/share/blocked-workers.ts'

test('workers count as blocked until something ends there, or for a minute after the last time', () => {
  const blocked = new BlockedWorkers<string>()
  expect(blocked.at(0)).toBeUndefined()
  for (const worker of ['w1', 'w2', 'w3']) blocked.block(worker, 0)
  blocked.free('w1')
  blocked.free('other')
  blocked.block('w3', 30)
  expect(blocked.at(59)).toEqual(new Set(['w2', 'w3']))
  expect(blocked.at(60)).toEqual(new Set(['w3']))
  expect(blocked.at(90)).toBeUndefined()
})
