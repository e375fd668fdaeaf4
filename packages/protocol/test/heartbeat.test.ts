import { AwakeClock } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { Heartbeat } from '../src/heartbeat.ts'

describe('Heartbeat', () => {
  let clock: ManualClock
  let told: string[]
  let heartbeat: Heartbeat
  let isBlocked: boolean
  let isReading: boolean

  beforeEach(() => {
    clock = new ManualClock()
    told = []
    isBlocked = false
    isReading = true
    heartbeat = new Heartbeat(
      new AwakeClock(clock),
      { pingAfter: 100, silenceTimeout: 300 },
      {
        ping: () => told.push(`ping ${clock.now()}`),
        silent: (duration) => {
          told.push(`silent ${duration}`)
          heartbeat.stop()
        },
        stuck: (duration) => {
          told.push(`stuck ${duration}`)
          heartbeat.stop()
        },
        isBlocked: () => isBlocked,
        isReading: () => isReading,
      },
    )
  })

  test('asks after a silence, again and again, and then gives up', async () => {
    await clock.advance(1000)
    expect(told).toEqual(['ping 100', 'ping 150', 'ping 200', 'ping 250', 'silent 300'])
    expect(clock.pending).toBe(0)
  })

  test('sends nothing while bytes arrive', async () => {
    for (let i = 0; i < 50; i++) {
      await clock.advance(90)
      heartbeat.heard()
    }
    expect(told).toEqual([])
  })

  test('starts again when bytes arrive', async () => {
    await clock.advance(250)
    heartbeat.heard()
    told.length = 0
    await clock.advance(90)
    expect(told).toEqual([])
    await clock.advance(220)
    expect(told.at(-1)).toBe('silent 300')
  })

  test('does not judge when its own event loop stood still: the answer may wait in the socket', async () => {
    clock.standStill(5000)
    await clock.advance(50)
    const pings = ['ping 5000', 'ping 5050']
    expect(told).toEqual(pings)
    heartbeat.heard()
    await clock.advance(90)
    expect(told).toEqual(pings)
  })

  test('gives up a peer that speaks but takes nothing of what waits', async () => {
    isBlocked = true
    for (let i = 0; i < 5; i++) {
      heartbeat.heard()
      await clock.advance(90)
    }
    expect(told).toEqual(['stuck 300'])
  })

  test('bears with a peer that takes what waits, however slowly', async () => {
    isBlocked = true
    for (let i = 0; i < 20; i++) {
      heartbeat.heard()
      if (i % 3 === 0) heartbeat.taken()
      await clock.advance(90)
    }
    expect(told).toEqual([])
  })

  test('takes no silence for one while nothing is read, but still sees that nothing is taken', async () => {
    isReading = false
    await clock.advance(1000)
    expect(told).toEqual([])
    isBlocked = true
    await clock.advance(350)
    expect(told).toEqual(['stuck 300'])
  })

  test('leaves no timer behind', async () => {
    heartbeat.stop()
    expect(clock.pending).toBe(0)
    await clock.advance(1000)
    expect(told).toEqual([])
  })
})
