import { settle } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import type { LibraryClient } from '../src/client/library.ts'
import { maxWatchedPaths, Watchers } from '../src/nodes.ts'

/** To watchers a client is only an identity. */
const someClient = (): LibraryClient => ({}) as LibraryClient

describe('Watchers', () => {
  test('have one function per path, so that the library does not collect them', () => {
    const watchers = new Watchers()
    const client = someClient()
    const fire = watchers.add(client, '/a', () => undefined)
    expect(watchers.add(client, '/a', () => undefined)).toBe(fire)
    expect(watchers.add(client, '/b', () => undefined)).not.toBe(fire)
    fire()
    expect(watchers.add(client, '/a', () => undefined)).toBe(fire)
  })

  test('call each who waits once, and not inside the call', async () => {
    const watchers = new Watchers()
    const client = someClient()
    const calls: string[] = []
    const a = (): void => void calls.push('a')
    const fire = watchers.add(client, '/', a)
    watchers.add(client, '/', a)
    watchers.add(client, '/', () => void calls.push('b'))
    fire()
    fire()
    expect(calls).toEqual([])
    await settle()
    expect(calls).toEqual(['a', 'b'])
  })

  test('do not call who waits no more', async () => {
    const watchers = new Watchers()
    const calls: string[] = []
    const seen = (): void => void calls.push('a')
    const fire = watchers.add(someClient(), '/', seen)
    watchers.drop(seen)
    fire()
    await settle()
    expect(calls).toEqual([])
  })

  test('begin anew with a new client, which knows none of them', () => {
    const watchers = new Watchers()
    const fire = watchers.add(someClient(), '/', () => undefined)
    expect(watchers.add(someClient(), '/', () => undefined)).not.toBe(fire)
  })

  test('are bounded', () => {
    const watchers = new Watchers()
    const client = someClient()
    const add = (path: string) => watchers.add(client, path, () => undefined)
    for (let count = 0; count < maxWatchedPaths; count++) add(`/${count}`)
    expect(() => add('/more')).toThrow(`${maxWatchedPaths} paths are watched`)
    expect(() => add('/0')).not.toThrow()
  })
})
