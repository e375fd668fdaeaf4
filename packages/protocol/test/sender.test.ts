import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Sender, type TurnTaker } from '../src/sender.ts'
import { FakeSocket, turn } from './support/fake-socket.ts'

const full = 16 * 1024

describe('Sender', () => {
  let socket: FakeSocket
  let sender: Sender
  let told: unknown[]
  let onTurn: () => void

  beforeEach(() => {
    socket = new FakeSocket()
    told = []
    onTurn = () => undefined
    sender = new Sender(socket, false, {
      onTurn: () => onTurn(),
      onMistake: (error) => told.push(error),
    })
  })

  afterEach(() => sender.stop())

  const add = (body: string) => {
    sender.outbox.addRaw(4, 0, 1, Buffer.from(body))
    sender.schedule()
  }

  /** Sends its letter in frames of `length`, `count` times. */
  const taker = (letter: string, length: number, count = Number.POSITIVE_INFINITY): TurnTaker => {
    let left = count
    return {
      takeTurn() {
        sender.outbox.addRaw(4, 0, 1, Buffer.alloc(length, letter))
        left--
        if (left > 0) sender.standInLine(this)
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
    sender.standInLine(taker('a', 10, 3))
    sender.standInLine(taker('b', 10, 1))
    sender.standInLine(taker('c', 10, 2))
    await turn()
    expect(letters()).toBe('abcaca')
  })

  test('sends heads before bodies that stand in line', async () => {
    sender.standInLine(taker('b', 10, 1))
    add('head')
    await turn()
    expect(letters()).toBe('hb')
  })

  test('gives what is urgent first to leave', async () => {
    onTurn = () => sender.outbox.addEmpty(11)
    sender.standInLine(taker('b', 10, 1))
    await turn()
    expect(socket.takeFrames().map(({ type }) => type)).toEqual(['PONG', 'DATA'])
  })

  test('writes a limited amount per turn, so that others have theirs', async () => {
    sender.standInLine(taker('a', full))
    await turn()
    const first = Buffer.concat(socket.writes).length
    expect(first).toBeGreaterThan(200_000)
    expect(first).toBeLessThan(400_000)
    socket.writes = []
    await turn()
    expect(Buffer.concat(socket.writes).length).toBeGreaterThan(200_000)
  })

  test('goes on in the same order in the next turn', async () => {
    sender.standInLine(taker('a', full, 12))
    sender.standInLine(taker('b', full, 12))
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
    sender.standInLine(taker('c', 10, 1))
    await turn()
    expect(letters()).toBe('')
    expect(sender.isFree).toBe(false)
    socket.drain()
    sender.drained()
    await turn()
    expect(letters()).toBe('bc')
    expect(sender.isFree).toBe(true)
  })

  test('is not free while somebody is in line', () => {
    expect(sender.isFree).toBe(true)
    const one = taker('a', 10, 1)
    sender.standInLine(one)
    expect(sender.isFree).toBe(false)
    sender.leaveLine(one)
    expect(sender.isFree).toBe(true)
  })

  test('has one place in line for everybody, however often they stand in it', async () => {
    const one = taker('a', 10, 1)
    sender.standInLine(one)
    sender.standInLine(one)
    await turn()
    expect(letters()).toBe('a')
  })

  test('lets bodies ride with their heads until much is unsent', () => {
    expect(sender.mayRide).toBe(true)
    socket.writableLength = 1024 * 1024
    expect(sender.mayRide).toBe(false)
  })

  test('counts what is collected and what the socket holds as unsent', () => {
    socket.writableLength = 100
    add('12345')
    expect(sender.unsentLength).toBe(100 + 15)
  })

  test('reports what a taker throws, and lets the others go on', async () => {
    const error = new Error('mistake')
    const bad = {
      takeTurn: () => {
        throw error
      },
    }
    sender.standInLine(bad)
    sender.standInLine(taker('a', 10, 1))
    await turn()
    await turn()
    expect(told).toEqual([error])
    expect(letters()).toBe('a')
  })

  test('sends nothing once it is stopped', async () => {
    sender.standInLine(taker('a', 10, 1))
    sender.stop()
    add('b')
    await turn()
    expect(socket.writes).toEqual([])
  })
})
