import { beforeEach, describe, expect, test } from 'vitest'
import { ControlQueue } from '../src/control-queue.ts'
import type { Load } from '../src/hello.ts'
import { ResumeCutter } from '../src/resume-cutter.ts'
import { turn } from './support/fake-socket.ts'
import { longResume, skill } from './support/samples.ts'
import { ScheduledSocket } from './support/scheduled-socket.ts'

const load: Load = { state: 'ready', concurrency: 1, requests: 0, eventLoopDelay: 0 }

describe('ControlQueue', () => {
  let wire: ScheduledSocket
  let controls: ControlQueue

  beforeEach(() => {
    wire = new ScheduledSocket(() => controls.addUrgent())
    controls = new ControlQueue(wire.scheduler)
    controls.open()
  })

  test('answers many pings of a turn with one PONG', async () => {
    controls.pong()
    controls.pong()
    expect(await wire.frames()).toEqual([{ type: 'PONG' }])
    expect(await wire.frames()).toEqual([])
  })

  test('sends the load, and changes of the résumé', async () => {
    controls.load(load)
    controls.resume(
      new Map([
        ['a', skill],
        ['b', null],
      ]),
      false,
    )
    expect(await wire.frames()).toEqual([
      { type: 'LOAD', load },
      { type: 'RESUME', skills: { a: skill, b: null } },
    ])
  })

  test('sends a whole résumé even if it is empty, but no empty changes', async () => {
    controls.resume(new Map(), false)
    expect(await wire.frames()).toEqual([])
    controls.resume(new Map(), true)
    expect(await wire.frames()).toEqual([{ type: 'RESUME', whole: true, skills: {} }])
  })

  test('cuts a long résumé into frames, WHOLE on the first only', async () => {
    const resume = longResume(1000)
    controls.resume(resume, true)
    const told = await wire.frames()
    expect(told.length).toBeGreaterThan(3)
    expect(told.map(({ whole }) => whole)).toEqual([true, ...told.slice(1).map(() => undefined)])
    expect(Object.assign({}, ...told.map(({ skills }) => skills))).toEqual(
      Object.fromEntries(resume),
    )
  })

  test('sends only the newest of each kind to a peer that did not read', async () => {
    await wire.block()
    for (let i = 0; i < 1000; i++) {
      controls.pong()
      controls.load({ ...load, requests: i })
      controls.resume(
        new Map([
          ['a', { ...skill, count: i }],
          [`b${i % 3}`, skill],
        ]),
        false,
      )
    }
    expect(wire.scheduler.writer.length).toBe(0)
    expect(await wire.unblock()).toEqual([
      { type: 'PONG' },
      { type: 'LOAD', load: { ...load, requests: 999 } },
      { type: 'RESUME', skills: { a: { ...skill, count: 999 }, b0: skill, b1: skill, b2: skill } },
    ])
  })

  test('merges changes into a whole résumé that has not left yet', async () => {
    await wire.block()
    controls.resume(new Map([['old', skill]]), false)
    controls.resume(
      new Map([
        ['a', skill],
        ['b', skill],
      ]),
      true,
    )
    controls.resume(
      new Map([
        ['b', null],
        ['c', skill],
      ]),
      false,
    )
    expect(await wire.unblock()).toEqual([
      { type: 'RESUME', whole: true, skills: { a: skill, c: skill } },
    ])
  })

  test('sends what was forgotten after the whole résumé has begun to be sent', async () => {
    controls.resume(longResume(1000), true)
    await turn()
    wire.socket.takeFrames()
    controls.resume(new Map([['b', null]]), false)
    expect((await wire.frames()).at(-1)?.skills).toHaveProperty('b', null)
  })

  describe('before the peer has said who it is', () => {
    beforeEach(() => {
      controls = new ControlQueue(wire.scheduler)
    })

    test('keeps load and changes, and sends them afterwards', async () => {
      controls.load(load)
      controls.resume(new Map([['a', skill]]), false)
      controls.pong()
      expect(await wire.frames()).toEqual([{ type: 'PONG' }])
      controls.open()
      expect(await wire.frames()).toEqual([
        { type: 'LOAD', load },
        { type: 'RESUME', skills: { a: skill } },
      ])
    })

    test('sends the rest of the résumé before what has changed in it', async () => {
      const resume = new Map(['a', 'b'].map((name) => [name, skill]))
      controls.resume(new Map([['b', null]]), false)
      controls.open(new ResumeCutter(resume))
      expect(await wire.frames()).toEqual([
        { type: 'RESUME', skills: { a: skill, b: skill } },
        { type: 'RESUME', skills: { b: null } },
      ])
    })

    test('sends no rest of a résumé that was replaced', async () => {
      controls.resume(new Map([['new', skill]]), true)
      controls.open(new ResumeCutter(longResume(1)))
      expect(await wire.frames()).toEqual([{ type: 'RESUME', whole: true, skills: { new: skill } }])
    })
  })
})
