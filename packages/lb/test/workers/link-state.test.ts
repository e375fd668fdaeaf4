import { describe, expect, test } from 'vitest'
import { StateError } from '../../src/errors.ts'
import { checkLinkStep, type LinkStateName, nextLinkStates } from '../../src/workers/link-state.ts'

const names = Object.keys(nextLinkStates) as LinkStateName[]
const allowed = new Set([
  'connecting ready',
  'connecting waiting',
  'connecting closed',
  'ready waiting',
  'ready leaving',
  'ready closed',
  'waiting connecting',
  'waiting closed',
  'leaving ready',
  'leaving closed',
])

describe('checkLinkStep', () => {
  const steps = names.flatMap((from) => names.map((to) => ({ from, to })))

  test.each(steps)('lets a link go from $from to $to only if the diagram does', ({ from, to }) => {
    const step = () => checkLinkStep(from, to)
    if (allowed.has(`${from} ${to}`)) expect(step).not.toThrow()
    else expect(step).toThrow(StateError)
  })
})
