import { ManualClock } from '@resumelb/common/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pack } from '../src/packed.ts'
import { maxToldClasses, ResumeInbox } from '../src/resume-inbox.ts'

const resumeOf = (count: number, from = 0): Buffer => {
  const classes = Array.from({ length: count }, (_, at) => `c${from + at}`)
  return pack(new Map(classes.map((name) => [name, [1, 0.5, 2, 0.25]])))
}
const turn = () => new Promise(setImmediate)

describe('ResumeInbox', () => {
  let clock: ManualClock
  let told: { classes: number; isWhole: boolean }[]
  let empties: number
  let errors: unknown[]
  let inbox: ResumeInbox

  beforeEach(() => {
    clock = new ManualClock()
    told = []
    empties = 0
    errors = []
    inbox = new ResumeInbox(clock, {
      onResume: (changes, isWhole) => told.push({ classes: changes.size, isWhole }),
      onEmpty: () => empties++,
      onError: (error) => errors.push(error),
    })
  })

  afterEach(() => inbox.stop())

  const receive = (bytes: Buffer, isWhole = false) => inbox.receive(bytes, 0, bytes.length, isWhole)

  test('hands a short résumé on at once', () => {
    receive(resumeOf(600), true)
    expect(told).toEqual([{ classes: 600, isWhole: true }])
    expect(inbox.isBusy).toBe(false)
  })

  test('hands a long one on in slices, one a turn, of which the first is the whole', async () => {
    receive(resumeOf(2_500), true)
    expect(told).toEqual([])
    expect(inbox.isBusy).toBe(true)
    await turn()
    expect(told).toEqual([{ classes: 1_000, isWhole: true }])
    await turn()
    await turn()
    expect(told.slice(1)).toEqual([
      { classes: 1_000, isWhole: false },
      { classes: 500, isWhole: false },
    ])
    expect([inbox.isBusy, empties]).toEqual([false, 1])
  })

  test('keeps the order of those that come while one is handed on', async () => {
    receive(resumeOf(1_500))
    receive(resumeOf(1))
    for (let count = 0; count < 4; count++) await turn()
    expect(told.map(({ classes }) => classes)).toEqual([1_000, 500, 1])
  })

  test('does no more in a turn for many short ones', async () => {
    for (let count = 0; count < 10; count++) receive(resumeOf(400))
    expect(told).toHaveLength(2)
    for (let count = 0; count < 10; count++) await turn()
    expect(told).toHaveLength(10)
  })

  test('refuses more than may be told at once, and bears with as many over time', async () => {
    const bytes = resumeOf(10_000)
    for (let count = 0; count < maxToldClasses / 10_000; count++) receive(bytes)
    expect(() => receive(bytes)).toThrow(expect.objectContaining({ code: 'TOO_MUCH' }))
    await clock.advance(1_000)
    expect(() => receive(bytes)).not.toThrow()
  })

  test('refuses a HELLO that announces too many at once', () => {
    expect(() => inbox.announce(5, maxToldClasses)).not.toThrow()
    const announce = () => inbox.announce(5, maxToldClasses + 1)
    expect(announce).toThrow(expect.objectContaining({ code: 'TOO_MUCH' }))
  })

  test('says what is wrong with a slice when it comes to it', async () => {
    const bytes = resumeOf(2_000)
    // The name of the last class is a number now.
    bytes[bytes.lastIndexOf(Buffer.from([0xa5, 0x63]))] = 0xc1
    receive(bytes)
    await turn()
    await turn()
    expect(told).toHaveLength(1)
    expect(errors).toEqual([expect.objectContaining({ code: 'BAD_MESSAGE' })])
  })

  test('hands nothing on any more when it is stopped', async () => {
    receive(resumeOf(2_000))
    inbox.stop()
    await turn()
    expect(told).toEqual([])
  })
})
