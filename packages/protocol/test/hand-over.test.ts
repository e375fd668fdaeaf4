import { expect, test } from 'vitest'
import { type HandOver, handOverRow, knowsStep, readHandOver } from '../src/hand-over.ts'
import { overWire } from './support/samples.ts'

const requests = [{ method: 'GET', url: '/x', headers: 'Host\na.example', encrypted: true }]
const handed = { requestClass: 'a', seconds: 0.5, requests }

test.each<HandOver>([
  { step: 'leaving', plans: true, goesOn: true, classes: [handed, { ...handed, requests: [] }] },
  { step: 'leaving', plans: false, goesOn: false, classes: [] },
  { step: 'prepare', handed },
  { step: 'done' },
  { step: 'ask', classes: ['a', 'b'] },
  { step: 'ask', classes: [], releases: true },
  { step: 'offer', goesOn: true, classes: [{ ...handed, rate: 2.5 }] },
  { step: 'forget', classes: ['a'] },
  { step: 'joining' },
  { step: 'staying' },
  { step: 'released' },
  { step: 'lead', leads: true },
  { step: 'lead', leads: false },
  { step: 'plan', home: { requestClass: 'a', delay: 5, seconds: 20, instead: '10.0.0.1:80' } },
  { step: 'planned', home: { requestClass: 'a', delay: 0, seconds: 20 } },
])('a HANDOVER arrives as it was sent: $step', (message) => {
  expect(readHandOver(overWire(handOverRow(message)))).toEqual(message)
})

test('a step of a later release is ignored', () => {
  expect(readHandOver([99, 'news'])).toBeUndefined()
})

test('plans are sent to peers that share them, whether or not they hand over', () => {
  const plan: HandOver = { step: 'plan', home: { requestClass: 'a', delay: 0, seconds: 1 } }
  expect(knowsStep({ sharesPlans: true }, plan)).toBe(true)
  expect(knowsStep({ handsOver: true }, plan)).toBe(false)
  expect(knowsStep({ handsOver: true }, { step: 'done' })).toBe(true)
  expect(knowsStep({ sharesPlans: true }, { step: 'done' })).toBe(false)
  expect(knowsStep(undefined, plan)).toBe(false)
})

test.each([
  [null],
  [[]],
  [[0, true, false]],
  [[1]],
  [[1, ['a', -1, []]]],
  [[1, ['a', 1, [['DELETE', '/', '', false]]]]],
  [[1, ['a'.repeat(257), 1, []]]],
  [[1, ['a', 1, [], -1]]],
  [[3]],
  [[4, false]],
  [[5, [1]]],
  [[10, 'a', 0]],
  [[10, 'a', -1, 20]],
  [[11, 'a', 0, 20, 1]],
])('a HANDOVER is not %j', (value) => {
  expect(() => readHandOver(value)).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
})
