import { describe, expect, test } from 'vitest'
import {
  cellsOf,
  colourAt,
  described,
  homeOf,
  ordered,
  parseColour,
} from '../../../src/admin/page/heat.ts'
import type { ClassSkill, ClassStatus } from '../../../src/admin/status-document.ts'

function classOf(name: string, workers: Partial<ClassSkill>[], requestsPerSecond = 1): ClassStatus {
  return {
    name,
    requests: 1,
    floor: 0,
    requestsPerSecond,
    meanSeconds: null,
    affinityHitRatio: null,
    warmUnitRatio: null,
    next: null,
    workers: workers.map((one) => ({
      worker: 'w1',
      role: 'home',
      seconds: 0.01,
      count: 1,
      requestsPerSecond: 0,
      ...one,
    })),
  }
}

describe('cells of the map', () => {
  test('show the share of the recent requests', () => {
    const cells = cellsOf(
      classOf('a', [{ requestsPerSecond: 3 }, { worker: 'w2', requestsPerSecond: 1, count: 9 }]),
    )
    expect(cells.map(({ share }) => share)).toEqual([0.75, 0.25])
  })

  test('show the share of all requests if there were none lately', () => {
    const cells = cellsOf(classOf('a', [{ count: 1 }, { worker: 'w2', count: 4 }]))
    expect(cells.map(({ share }) => share)).toEqual([0.2, 0.8])
  })

  test('show how fast a worker is, compared with the fastest that has served the class', () => {
    const cells = cellsOf(
      classOf('a', [{ seconds: 0.02 }, { seconds: 0.01 }, { seconds: 0.001, count: 0 }]),
    )
    expect(cells.map(({ speed }) => speed)).toEqual([0.5, 1, 0])
  })

  test('are described by words, the largest share first', () => {
    const cells = cellsOf(
      classOf('a', [
        { role: 'spill', count: 1 },
        { worker: 'w2', count: 3 },
      ]),
    )
    expect(described(cells, (ratio) => `${ratio * 100} %`)).toBe('home w2, 75 %; spill w1, 25 %')
    expect(described([], String)).toBe('no worker is skilled at it')
  })
})

describe('the order of classes', () => {
  const classes = [
    classOf('b', [{ worker: 'w2' }], 5),
    classOf('c', [{ worker: 'w1' }], 1),
    classOf('d', [], 9),
    classOf('a', [{ worker: 'w2' }], 3),
  ]

  test.each([
    ['name', 'abcd'],
    ['rate', 'dbac'],
    ['home', 'cabd'],
  ] as const)('by %s', (order, names) => {
    expect(ordered(classes, order).map(({ name }) => name)).toEqual([...names])
  })

  test('a class is where the home is that has served the most of it', () => {
    expect(homeOf(classes[2]!)).toBeUndefined()
    expect(
      homeOf(
        classOf('a', [
          { worker: 'w1', count: 2 },
          { worker: 'w2', count: 3 },
          { worker: 'w3', count: 9, role: 'spill' },
        ]),
      ),
    ).toBe('w2')
  })
})

describe('the scale of colours', () => {
  const scale = ['#000000', '#646464', ' #ffffff'].map(parseColour)

  test.each([
    [0, 'rgb(0 0 0)'],
    [0.25, 'rgb(50 50 50)'],
    [0.5, 'rgb(100 100 100)'],
    [1, 'rgb(255 255 255)'],
    [7, 'rgb(255 255 255)'],
  ])('has at %s the colour %s', (place, colour) => {
    expect(colourAt(scale, place)).toBe(colour)
  })
})
