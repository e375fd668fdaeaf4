import { joinHeaders, type RequestHead } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../../src/warm-up/recorder.ts'

const headOf = (requestClass: string, url: string, method = 'GET'): RequestHead => ({
  ...{ method, url, headers: joinHeaders(['Host', requestClass]), requestClass, id: '1' },
  ...{ remoteAddress: '', remotePort: 0, encrypted: false, httpVersion: '1.1' },
})
const ok = { status: 200, bytes: 10 }
const urls = (recorder: Recorder, name: string) => recorder.requestsOf(name).map(({ url }) => url)

describe('a recorder', () => {
  test('keeps the latest eight of a class with different targets', () => {
    const recorder = new Recorder(false)
    for (const [at, page] of [...'1231456789'].entries()) {
      recorder.note(headOf('a', `/${page}`), ok, 5, at * 1000)
    }
    expect(urls(recorder, 'a').join('')).toBe('/3/1/4/5/6/7/8/9')
  })

  test('looks at one request of a class in a second', () => {
    const recorder = new Recorder(false)
    for (const now of [0, 1, 999, 1000]) recorder.note(headOf('a', `/${now}`), ok, 5, now)
    recorder.note(headOf('b', '/b'), ok, 5, 999)
    expect([urls(recorder, 'a'), urls(recorder, 'b')]).toEqual([['/0', '/1000'], ['/b']])
  })

  test.each([
    ['a failure', headOf('a', '/'), { status: 404, bytes: 1 }, 5],
    ['a redirect', headOf('a', '/'), { status: 302, bytes: 1 }, 5],
    ['a long download', headOf('a', '/'), { status: 200, bytes: 2 ** 21 }, 5],
    ['the first request of a class', headOf('a', '/'), ok, 1],
    ['an upload', headOf('a', '/', 'POST'), ok, 5],
  ])('does not keep %s', (_what, head, response, count) => {
    const recorder = new Recorder(false)
    recorder.note(head, response, count, 0)
    expect(urls(recorder, 'a')).toEqual([])
  })

  test('forgets the classes that were recorded longest ago', () => {
    const recorder = new Recorder(false)
    for (let at = 0; at < 1100; at++) recorder.note(headOf(`c${at}`, '/'), ok, 5, at)
    expect([urls(recorder, 'c75'), urls(recorder, 'c76')]).toEqual([[], ['/']])
  })

  test('is bounded in characters', () => {
    const recorder = new Recorder(false)
    for (let at = 0; at < 1000; at++) {
      recorder.note(headOf(`c${at}`, `/${'x'.repeat(8000)}`), ok, 5, at)
    }
    expect(JSON.stringify(recorder.save()).length).toBeLessThan(2.2 * 1024 * 1024)
    expect(urls(recorder, 'c999')).toHaveLength(1)
  })

  test('starts again from what it has saved', () => {
    const recorder = new Recorder(false)
    recorder.note(headOf('a', '/1'), ok, 5, 0)
    recorder.note(headOf('b', '/2'), ok, 5, 0)
    const again = new Recorder(false)
    again.load(JSON.parse(JSON.stringify(recorder.save())))
    expect([urls(again, 'a'), urls(again, 'b')]).toEqual([['/1'], ['/2']])
  })

  test.each([[undefined], [null], [{}], [[1]], [[['a']]], [[['a', [['DELETE', '/', '', false]]]]]])(
    'takes nothing from %j',
    (saved) => {
      const recorder = new Recorder(false)
      recorder.load(saved)
      expect(recorder.save()).toEqual([])
    },
  )
})
