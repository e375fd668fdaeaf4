/** Requests of a class that is cold in a worker: real sockets. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { serve, until } from './support/setup.ts'

/** A handler whose responses the test ends. */
function held() {
  const waiting: { readonly url: string; readonly response: ServerResponse }[] = []
  const handler = ({ url = '' }: IncomingMessage, response: ServerResponse) => {
    waiting.push({ url, response })
  }
  return { handler, waiting, urls: () => waiting.map(({ url }) => url) }
}

/** The clock stands still: no load is ever taken for one that hangs. */
async function setUp(options = {}) {
  const { handler, waiting, urls } = held()
  const { worker, balancer } = await serve(handler, options, { clock: new ManualClock() })
  const call = (url: string, more = {}) => balancer.call({ requestClass: 'a', url, ...more })
  return { worker, waiting, urls, call }
}

describe('while the first request of a class runs', () => {
  test('others of the class wait, and requests of another class do not', async () => {
    const { waiting, urls, call } = await setUp()
    call('/a1')
    call('/a2')
    call('/b', { requestClass: 'b' })
    await until(() => waiting.length === 2)
    expect(urls()).toEqual(['/a1', '/b'])
    waiting[0]?.response.end()
    await until(() => waiting.length === 3)
    expect(urls()).toEqual(['/a1', '/b', '/a2'])
  })

  test('others begin when its response begins', async () => {
    const { waiting, urls, call } = await setUp()
    call('/stream')
    call('/a2')
    await until(() => waiting.length === 1)
    waiting[0]?.response.write('event')
    await until(() => waiting.length === 2)
    expect(urls()).toEqual(['/stream', '/a2'])
  })

  test('an upload begins, and no request waits for it', async () => {
    const { waiting, call } = await setUp()
    call('/a1')
    call('/upload', { method: 'POST', isOpen: true })
    await until(() => waiting.length === 2)
  })

  test('others begin if it fails', async () => {
    const { waiting, call } = await setUp()
    call('/a1')
    call('/a2')
    await until(() => waiting.length === 1)
    Object.assign(waiting[0]?.response as ServerResponse, { statusCode: 500 }).end()
    await until(() => waiting.length === 2)
  })

  test('others do not wait with a timeout of 0', async () => {
    const { waiting, call } = await setUp({ coldLoadTimeout: 0 })
    call('/a1')
    call('/a2')
    await until(() => waiting.length === 2)
  })
})

test('a quarter of the slots is left to warm classes while others load', async () => {
  const { waiting, urls, call } = await setUp({ concurrency: 4 })
  call('/warm', { requestClass: 'warm' })
  await until(() => waiting.length === 1)
  waiting[0]?.response.end()
  for (const name of ['b', 'c', 'd', 'e']) call(`/${name}`, { requestClass: name })
  call('/warm', { requestClass: 'warm' })
  await until(() => waiting.length === 5)
  expect(urls()).toEqual(['/warm', '/b', '/c', '/d', '/warm'])
})
