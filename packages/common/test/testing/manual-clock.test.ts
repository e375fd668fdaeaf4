import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../src/testing/manual-clock.ts'

describe('ManualClock', () => {
  test('rings alarms in the order of their times, each at its own', async () => {
    const clock = new ManualClock()
    const rung: string[] = []
    clock.after(30, () => rung.push(`late ${clock.now()}`))
    clock.after(10, () => {
      rung.push(`early ${clock.now()}`)
      clock.after(5, () => rung.push(`added ${clock.now()}`))
    })
    const cancel = clock.after(20, () => rung.push('called off'))
    cancel()
    await clock.advance(29)
    expect(rung).toEqual(['early 10', 'added 15'])
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(rung).toEqual(['early 10', 'added 15', 'late 30'])
  })

  test('rings what is overdue after a standstill, and never runs backwards', async () => {
    const clock = new ManualClock()
    const rung: number[] = []
    clock.after(10, () => rung.push(clock.now()))
    clock.standStill(100)
    expect(rung).toEqual([])
    await clock.advance(0)
    expect(rung).toEqual([100])
  })
})
