import { describe, expect, test } from 'vitest'
import { Ejections } from '../../src/workers/ejection.ts'

const create = (maxFailures = 3) =>
  new Ejections<string>({ maxFailures, ejectionTime: 1000, maxEjectionTime: 3000 })

/** Lets a worker fail so often; returns the pause of the last time. */
function fail(ejections: Ejections<string>, worker: string, times: number, now = 0, size = 4) {
  let pause: number | undefined
  for (let count = 0; count < times; count++) pause = ejections.failed(worker, now, size)
  return pause
}

describe('Ejections', () => {
  test('takes a worker out that fails too often in a row', () => {
    const ejections = create()
    expect(fail(ejections, 'a', 2)).toBeUndefined()
    expect(fail(ejections, 'a', 1)).toBe(1000)
    expect([...ejections.out]).toEqual(['a'])
  })

  test('forgives failures as soon as a request succeeds', () => {
    const ejections = create()
    fail(ejections, 'a', 2)
    ejections.succeeded('a', 0)
    expect(fail(ejections, 'a', 2)).toBeUndefined()
  })

  test('lets it back after its pause, and out for longer each time', () => {
    const ejections = create()
    fail(ejections, 'a', 3)
    expect(ejections.takeRecovered(999)).toEqual([])
    expect(ejections.takeRecovered(1000)).toEqual(['a'])
    expect(ejections.failed('a', 1000, 4)).toBe(2000)
    expect(ejections.takeRecovered(3000)).toEqual(['a'])
    expect(ejections.failed('a', 3000, 4)).toBe(3000)
  })

  test('forgets old pauses once it has done well for as long as the last one', () => {
    const ejections = create()
    fail(ejections, 'a', 3)
    ejections.takeRecovered(1000)
    ejections.succeeded('a', 2000)
    expect(fail(ejections, 'a', 2, 2000)).toBeUndefined()
    expect(fail(ejections, 'a', 1, 2000)).toBe(1000)
  })

  test.each([
    { size: 1, most: 0 },
    { size: 2, most: 1 },
    { size: 3, most: 1 },
    { size: 5, most: 2 },
  ])('takes out at most $most of $size workers', ({ size, most }) => {
    const ejections = create()
    for (let worker = 0; worker < size; worker++) fail(ejections, `w${worker}`, 10, 0, size)
    expect(ejections.out.size).toBe(most)
  })

  test('takes nobody out if that is turned off', () => {
    expect(fail(create(0), 'a', 100)).toBeUndefined()
  })

  test('keeps nothing of a worker that is gone', () => {
    const ejections = create()
    fail(ejections, 'a', 3)
    ejections.forget('a')
    expect(ejections.out.size).toBe(0)
    expect(fail(ejections, 'a', 2)).toBeUndefined()
  })
})
