import { describe, expect, test } from 'vitest'
import { absolute, childOf, nameOf, normalize, parentOf } from '../src/paths.ts'

describe('paths', () => {
  test('have a parent, up to the top', () => {
    expect(['/a/b', '/a', '/'].map(parentOf)).toEqual(['/a', '/', '/'])
  })

  test('have a last name', () => {
    expect(['/a/b', '/a', '/'].map(nameOf)).toEqual(['b', 'a', ''])
  })

  test('have children, the top too', () => {
    expect([childOf('/', 'a'), childOf('/a', 'b'), childOf('/a', 'b/c')]).toEqual([
      '/a',
      '/a/b',
      '/a/b/c',
    ])
  })

  test('may be relative to a node', () => {
    expect([absolute('/a', 'b'), absolute('/a', '/b'), absolute('/a', '../b')]).toEqual([
      '/a/b',
      '/b',
      '/a/../b',
    ])
  })

  test.each([
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/b/../../c', '/c'],
    ['/..', '/'],
    ['/a/', '/a'],
    ['//a', '/a'],
    ['/', '/'],
    ['/a..b/...', '/a..b/...'],
  ])('normalize %s to %s', (path, plain) => {
    expect(normalize(path)).toBe(plain)
  })
})
