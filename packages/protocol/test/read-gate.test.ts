import { beforeEach, describe, expect, test } from 'vitest'
import { ReadGate } from '../src/read-gate.ts'
import { turn } from './support/fake-socket.ts'

describe('ReadGate', () => {
  let calls: string[]
  let mustWait: boolean
  let gate: ReadGate

  beforeEach(() => {
    calls = []
    mustWait = false
    const socket = { pause: () => calls.push('pause'), resume: () => calls.push('resume') }
    gate = new ReadGate(socket, () => mustWait)
  })

  test('pauses while there is a reason to, once', () => {
    gate.check(1)
    mustWait = true
    gate.check(1)
    gate.check(1)
    gate.open()
    expect(calls).toEqual(['pause'])
    mustWait = false
    gate.open()
    gate.open()
    expect(calls).toEqual(['pause', 'resume'])
    expect(gate.isPaused).toBe(false)
  })

  test('rests until the next turn of the event loop', async () => {
    gate.check(1_001)
    gate.open()
    expect(calls).toEqual(['pause'])
    await turn()
    expect(calls).toEqual(['pause', 'resume'])
  })

  test('goes on resting while there is a reason not to read', async () => {
    gate.check(1_001)
    mustWait = true
    await turn()
    expect(calls).toEqual(['pause'])
  })

  test('leaves the socket alone once it is stopped', async () => {
    gate.check(1_001)
    gate.stop()
    gate.check(1)
    await turn()
    expect(calls).toEqual(['pause'])
  })
})
