import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FrameScheduler, type TurnTaker } from '../src/frame-scheduler.ts'
import { FakeSocket, turn } from './support/fake-socket.ts'

const full = 16 * 1024

describe('FrameScheduler', () => {
  let socket: FakeSocket
  let scheduler: FrameScheduler
  let told: unknown[]
  let onTurn: () => void

  beforeEach(() => {
    socket = new FakeSocket()
    told = []
    onTurn = () => undefined
    scheduler = new FrameScheduler(socket, false, {
      onTurn: () => onTurn(),
      onMistake: (error) => told.push(error),
    })
  })

  afterEach(() => scheduler.stop())

  const add = (body: string) => {
    scheduler.writer.addRaw(4, 0, 1, Buffer.from(body))
    scheduler.schedule()
  }

  /** Sends its letter in frames of `length`, `count` times. */
  const taker = (letter: string, length: number, count = Number.POSITIVE_INFINITY): TurnTaker => {
    let left = count
    return {
      takeTurn() {
        scheduler.writer.addRaw(4, 0, 1, Buffer.alloc(length, letter))
        left--
        if (left > 0) scheduler.enqueue(this)
      },
    }
  }

  const letters = () =>
    socket
      .takeFrames()
      .map(({ body }) => body?.[0])
      .join('')

  test('writes once for everything of a turn of the event loop', async () => {
    add('a')
    add('b')
    expect(socket.writes).toEqual([])
    await turn()
    expect(socket.writes).toHaveLength(1)
    expect(letters()).toBe('ab')
    await turn()
    expect(socket.writes).toEqual([])
  })

  test('lets takers have turns one after the other, and then again', async () => {
    scheduler.enqueue(taker('a', 10, 3))
    scheduler.enqueue(taker('b', 10, 1))
    scheduler.enqueue(taker('c', 10, 2))
    await turn()
    expect(letters()).toBe('abcaca')
  })

  test('sends heads before bodies that stand in line', async () => {
    scheduler.enqueue(taker('b', 10, 1))
    add('head')
    await turn()
    expect(letters()).toBe('hb')
  })

  test('gives what is urgent first to leave', async () => {
    onTurn = () => scheduler.writer.addEmpty(11)
    scheduler.enqueue(taker('b', 10, 1))
    await turn()
    expect(socket.takeFrames().map(({ type }) => type)).toEqual(['PONG', 'DATA'])
  })

  test('writes a limited amount per turn, so that others have theirs', async () => {
    scheduler.enqueue(taker('a', full))
    await turn()
    const first = Buffer.concat(socket.writes).length
    expect(first).toBeGreaterThan(200_000)
    expect(first).toBeLessThan(400_000)
    socket.writes = []
    await turn()
    expect(Buffer.concat(socket.writes).length).toBeGreaterThan(200_000)
  })

  test('goes on in the same order in the next turn', async () => {
    scheduler.enqueue(taker('a', full, 12))
    scheduler.enqueue(taker('b', full, 12))
    await turn()
    expect(Buffer.concat(socket.writes).length).toBeLessThan(24 * full)
    await turn()
    expect(letters()).toBe('ab'.repeat(12))
  })

  test('waits for the drain of a socket that is full, holding everything back', async () => {
    socket.isFull = true
    add('a')
    await turn()
    expect(letters()).toBe('a')
    add('b')
    scheduler.enqueue(taker('c', 10, 1))
    await turn()
    expect(letters()).toBe('')
    expect(scheduler.isFree).toBe(false)
    socket.drain()
    scheduler.drained()
    await turn()
    expect(letters()).toBe('bc')
    expect(scheduler.isFree).toBe(true)
  })

  test('is not free while something waits for its turn', () => {
    expect(scheduler.isFree).toBe(true)
    const one = taker('a', 10, 1)
    scheduler.enqueue(one)
    expect(scheduler.isFree).toBe(false)
    scheduler.leave(one)
    expect(scheduler.isFree).toBe(true)
  })

  test('gives one turn to a taker that was enqueued several times', async () => {
    const one = taker('a', 10, 1)
    scheduler.enqueue(one)
    scheduler.enqueue(one)
    await turn()
    expect(letters()).toBe('a')
  })

  test('sends bodies in the frames of their heads until much is unsent', () => {
    expect(scheduler.canPiggyback(1, 1)).toBe(true)
    socket.writableLength = 1024 * 1024
    expect(scheduler.canPiggyback(1, 1)).toBe(false)
  })

  test('counts what is collected and what the socket holds as unsent', () => {
    socket.writableLength = 100
    add('12345')
    expect(scheduler.unsentLength).toBe(100 + 15)
  })

  test('reports what a taker throws, and lets the others go on', async () => {
    const error = new Error('mistake')
    const bad = {
      takeTurn: () => {
        throw error
      },
    }
    scheduler.enqueue(bad)
    scheduler.enqueue(taker('a', 10, 1))
    await turn()
    await turn()
    expect(told).toEqual([error])
    expect(letters()).toBe('a')
  })

  test('sends nothing once it is stopped', async () => {
    scheduler.enqueue(taker('a', 10, 1))
    scheduler.stop()
    add('b')
    await turn()
    expect(socket.writes).toEqual([])
  })
})
