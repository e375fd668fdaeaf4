import { ManualClock } from '@resumelb/common/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Hello } from '../src/hello.ts'
import { pack } from '../src/packed.ts'
import { maxReportedClasses, ResumeInbox } from '../src/resume-inbox.ts'
import { limits, skill, workerHello, workerIdentity } from './support/samples.ts'

const resumeOf = (count: number, from = 0): Buffer => {
  const classes = Array.from({ length: count }, (_, at) => `c${from + at}`)
  return pack(new Map(classes.map((name) => [name, [1, 0.5, 2, 0.25]])))
}
const namesOf = (count: number) => Array.from({ length: count }, (_, at) => `c${at}`)
const helloOf = (count: number, moreSkills?: number): Hello => {
  const resume = new Map(namesOf(count).map((name) => [name, skill]))
  const worker = { ...workerHello, resume }
  return { ...workerIdentity, limits, worker, ...(moreSkills !== undefined && { moreSkills }) }
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

  test('refuses more than may be reported at once, and accepts as many over time', async () => {
    const bytes = resumeOf(10_000)
    for (let count = 0; count < maxReportedClasses / 10_000; count++) receive(bytes)
    expect(() => receive(bytes)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    await clock.advance(1_000)
    expect(() => receive(bytes)).not.toThrow()
  })

  test('refuses a HELLO that announces too many at once', () => {
    expect(() => inbox.begin(helloOf(5, maxReportedClasses))).not.toThrow()
    const announce = () => inbox.begin(helloOf(5, maxReportedClasses + 1))
    expect(announce).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })

  test('leaves a HELLO with a short résumé as it is', () => {
    const hello = helloOf(1_000)
    expect(inbox.begin(hello)).toBe(hello)
    expect(inbox.isBusy).toBe(false)
  })

  test('leaves as much of a résumé in its HELLO as is handed on in a turn; the rest follows', async () => {
    const hello = inbox.begin(helloOf(2_500))
    expect([...(hello.worker?.resume.keys() ?? [])]).toEqual(namesOf(1_000))
    expect([hello.moreSkills, inbox.isBusy]).toEqual([1_500, true])
    await turn()
    await turn()
    expect(told).toEqual([
      { classes: 1_000, isWhole: false },
      { classes: 500, isWhole: false },
    ])
    expect([inbox.isBusy, empties]).toEqual([false, 1])
  })

  test('adds the rest of the résumé in a HELLO to the skills that it announces', async () => {
    expect(inbox.begin(helloOf(1_200, 300)).moreSkills).toBe(500)
    receive(resumeOf(300, 1_200))
    expect(told).toEqual([])
    await turn()
    await turn()
    expect(told.map(({ classes }) => classes)).toEqual([200, 300])
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
