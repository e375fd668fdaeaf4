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
  let isExcused: boolean

  const make = () =>
    new Heartbeat(
      new AwakeClock(clock),
      { pingAfter: 100, silenceTimeout: 300 },
      {
        ping: () => told.push(`ping ${clock.now()}`),
        unanswered: (isUnanswered) =>
          told.push(`${isUnanswered ? 'unanswered' : 'answered'} ${clock.now()}`),
        isExcused: () => isExcused,
        end: ({ code, message }) => {
          told.push(`${code}: ${message}`)
          heartbeat.stop()
        },
        isBlocked: () => isBlocked,
        isReading: () => isReading,
      },
    )

  beforeEach(() => {
    clock = new ManualClock()
    told = []
    isBlocked = false
    isReading = true
    isExcused = false
    heartbeat = make()
    heartbeat.begin()
  })

  test('judges nothing that was before the introduction', async () => {
    heartbeat.stop()
    heartbeat = make()
    isBlocked = true
    await clock.advance(1000)
    expect(told).toEqual([])
    heartbeat.heard()
    heartbeat.begin()
    await clock.advance(250)
    expect(told).toEqual(['ping 1100', 'unanswered 1150', 'ping 1150', 'ping 1200', 'ping 1250'])
  })

  test('asks after a silence, again and again, and then gives up', async () => {
    await clock.advance(1000)
    expect(told).toEqual([
      'ping 100',
      'unanswered 150',
      'ping 150',
      'ping 200',
      'ping 250',
      'SILENCE_TIMEOUT: no frame received for 300 ms',
    ])
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
    expect(told.at(-1)).toBe('SILENCE_TIMEOUT: no frame received for 300 ms')
  })

  test('does not judge when its own event loop stood still: the answer may wait in the socket', async () => {
    clock.standStill(5000)
    await clock.advance(50)
    const asked = ['ping 5000', 'unanswered 5050', 'ping 5050']
    expect(told).toEqual(asked)
    heartbeat.heard()
    await clock.advance(90)
    expect(told).toEqual([...asked, 'answered 5050'])
  })

  test('gives up a peer that speaks but takes nothing of what waits', async () => {
    isBlocked = true
    for (let i = 0; i < 5; i++) {
      heartbeat.heard()
      await clock.advance(90)
    }
    expect(told).toEqual(['WRITE_TIMEOUT: the peer read nothing for 300 ms'])
  })

  test('says when a PING goes unanswered, and when the peer sends again', async () => {
    await clock.advance(100)
    expect(told).toEqual(['ping 100'])
    await clock.advance(50)
    expect(told).toContain('unanswered 150')
    heartbeat.heard()
    heartbeat.heard()
    expect(told.at(-1)).toBe('answered 150')
    expect(told.filter((line) => line.startsWith('answered'))).toHaveLength(1)
  })

  test('bears with a silent peer that is known to be alive, and gives it up when it is not', async () => {
    isExcused = true
    isBlocked = true
    await clock.advance(5000)
    expect(told.at(-1)).toBe('ping 5000')
    isExcused = false
    await clock.advance(50)
    expect(told.at(-1)).toMatch('SILENCE_TIMEOUT')
  })

  test('gives a peer that was silent time to read what waits', async () => {
    isExcused = true
    isBlocked = true
    await clock.advance(1000)
    heartbeat.heard()
    for (let i = 0; i < 3; i++) {
      await clock.advance(90)
      heartbeat.heard()
    }
    expect(told.join()).not.toContain('WRITE_TIMEOUT')
    await clock.advance(90)
    expect(told.at(-1)).toBe('WRITE_TIMEOUT: the peer read nothing for 300 ms')
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
    expect(told).toEqual(['WRITE_TIMEOUT: the peer read nothing for 300 ms'])
  })

  test('leaves no timer behind', async () => {
    heartbeat.stop()
    expect(clock.pending).toBe(0)
    await clock.advance(1000)
    expect(told).toEqual([])
  })
})
