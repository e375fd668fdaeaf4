import { beforeEach, describe, expect, test } from 'vitest'
import { ControlQueue } from '../src/control-queue.ts'
import { FrameScheduler } from '../src/frame-scheduler.ts'
import type { Load } from '../src/hello.ts'
import { ResumeCutter } from '../src/resume-cutter.ts'
import { FakeSocket, turn } from './support/fake-socket.ts'
import { longResume, skill } from './support/samples.ts'

const load: Load = { state: 'ready', concurrency: 1, requests: 0, eventLoopDelay: 0 }

describe('ControlQueue', () => {
  let socket: FakeSocket
  let scheduler: FrameScheduler
  let controls: ControlQueue

  beforeEach(() => {
    socket = new FakeSocket()
    scheduler = new FrameScheduler(socket, false, {
      onTurn: () => controls.addUrgent(),
      onMistake: (error) => {
        throw error
      },
    })
    controls = new ControlQueue(scheduler)
    controls.open()
  })

  /** Lets all turns happen. */
  const frames = async () => {
    for (let i = 0; i < 20; i++) await turn()
    return socket.takeFrames()
  }

  const block = async () => {
    socket.isFull = true
    scheduler.writer.addEmpty(10)
    scheduler.schedule()
    await frames()
  }

  const unblock = () => {
    socket.drain()
    scheduler.drained()
    return frames()
  }

  test('answers many pings of a turn with one PONG', async () => {
    controls.pong()
    controls.pong()
    expect(await frames()).toEqual([{ type: 'PONG' }])
    expect(await frames()).toEqual([])
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
    expect(await frames()).toEqual([
      { type: 'LOAD', load },
      { type: 'RESUME', skills: { a: skill, b: null } },
    ])
  })

  test('sends a whole résumé even if it is empty, but no empty changes', async () => {
    controls.resume(new Map(), false)
    expect(await frames()).toEqual([])
    controls.resume(new Map(), true)
    expect(await frames()).toEqual([{ type: 'RESUME', whole: true, skills: {} }])
  })

  test('cuts a long résumé into frames, WHOLE on the first only', async () => {
    const resume = longResume(1000)
    controls.resume(resume, true)
    const told = await frames()
    expect(told.length).toBeGreaterThan(3)
    expect(told.map(({ whole }) => whole)).toEqual([true, ...told.slice(1).map(() => undefined)])
    expect(Object.assign({}, ...told.map(({ skills }) => skills))).toEqual(
      Object.fromEntries(resume),
    )
  })

  test('sends only the newest of each kind to a peer that did not read', async () => {
    await block()
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
    expect(scheduler.writer.length).toBe(0)
    expect(await unblock()).toEqual([
      { type: 'PONG' },
      { type: 'LOAD', load: { ...load, requests: 999 } },
      { type: 'RESUME', skills: { a: { ...skill, count: 999 }, b0: skill, b1: skill, b2: skill } },
    ])
  })

  test('merges changes into a whole résumé that has not left yet', async () => {
    await block()
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
    expect(await unblock()).toEqual([
      { type: 'RESUME', whole: true, skills: { a: skill, c: skill } },
    ])
  })

  test('sends what was forgotten after the whole résumé has begun to be sent', async () => {
    controls.resume(longResume(1000), true)
    await turn()
    socket.takeFrames()
    controls.resume(new Map([['b', null]]), false)
    expect((await frames()).at(-1)?.skills).toHaveProperty('b', null)
  })

  describe('before the peer has said who it is', () => {
    beforeEach(() => {
      controls = new ControlQueue(scheduler)
    })

    test('keeps load and changes, and sends them afterwards', async () => {
      controls.load(load)
      controls.resume(new Map([['a', skill]]), false)
      controls.pong()
      expect(await frames()).toEqual([{ type: 'PONG' }])
      controls.open()
      expect(await frames()).toEqual([
        { type: 'LOAD', load },
        { type: 'RESUME', skills: { a: skill } },
      ])
    })

    test('sends the rest of the résumé before what has changed in it', async () => {
      const resume = new Map(['a', 'b'].map((name) => [name, skill]))
      controls.resume(new Map([['b', null]]), false)
      controls.open(new ResumeCutter(resume))
      expect(await frames()).toEqual([
        { type: 'RESUME', skills: { a: skill, b: skill } },
        { type: 'RESUME', skills: { b: null } },
      ])
    })

    test('sends no rest of a résumé that was replaced', async () => {
      controls.resume(new Map([['new', skill]]), true)
      controls.open(new ResumeCutter(longResume(1)))
      expect(await frames()).toEqual([{ type: 'RESUME', whole: true, skills: { new: skill } }])
    })
  })
})
