import { describe, expect, test } from 'vitest'
import { Watchdog } from '../../src/client/watchdog.ts'

/** Looks as often as it should until a time, and says when it barked at what. */
function watch(dog: Watchdog, from: number, to: number, heardAt: readonly number[] = []): string[] {
  const barks: string[] = []
  for (let now = from; now <= to; now += dog.interval) {
    const last = heardAt.filter((time) => time <= now).at(-1)
    if (last !== undefined) dog.heard(last)
    const verdict = dog.look(now)
    if (verdict !== 'fine') barks.push(`${verdict} at ${now}`)
  }
  return barks
}

describe('Watchdog', () => {
  test('looks six times in a session timeout, within limits', () => {
    expect(new Watchdog(3000, 0).interval).toBe(500)
    expect(new Watchdog(100, 0).interval).toBe(50)
    expect(new Watchdog(60_000, 0).interval).toBe(1000)
  })

  test('lets a server be silent for two thirds of the session timeout', () => {
    const dog = new Watchdog(3000, 0)
    dog.connected(0, 3000)
    expect(watch(dog, 0, 2000)).toEqual([])
    expect(dog.look(2400)).toBe('silent')
  })

  test('is content with a server that answers pings', () => {
    const dog = new Watchdog(3000, 0)
    dog.connected(0, 3000)
    expect(
      watch(
        dog,
        0,
        60_000,
        Array.from({ length: 60 }, (_, index) => index * 1000),
      ),
    ).toEqual([])
  })

  test('calls a client stuck after a session timeout without connection', () => {
    const dog = new Watchdog(3000, 0)
    expect(watch(dog, 0, 3500)).toEqual(['stuck at 3500'])
  })

  test('counts the time without connection from its loss', () => {
    const dog = new Watchdog(3000, 0)
    dog.connected(0, 3000)
    watch(dog, 0, 1000)
    dog.disconnected(1000)
    dog.disconnected(3000)
    expect(watch(dog, 1500, 4500)).toEqual(['stuck at 4500'])
  })

  test('goes by the session timeout that the server granted', () => {
    const dog = new Watchdog(3000, 0)
    dog.connected(0, 6000)
    expect(watch(dog, 0, 4000)).toEqual([])
    expect(dog.look(5000)).toBe('silent')
  })

  test('does not blame the server when our own process was blocked', () => {
    const dog = new Watchdog(3000, 0)
    dog.connected(0, 3000)
    dog.look(500)
    expect(dog.look(10_000)).toBe('fine')
    // What had come meanwhile has been read by now; if nothing has, it is the server's silence.
    expect(dog.look(10_500)).toBe('silent')
  })
})
