import { OptionError } from '@resumelb/common'
import { expect, test } from 'vitest'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { maxPageLength } from '../../src/proxy/error-pages.ts'
import { ask, startBalancer, startWorker } from '../support/balancer.ts'
import { silent } from '../support/tiny-worker.ts'

const page = { contentType: 'application/json', body: '{"error":"busy"}' }

test('a failure has the page of its status, with its type and headers', async () => {
  const { port } = await startBalancer([], { waitTimeout: 0, errorPages: { 503: page } })
  const { status, headers, text } = await ask(port)
  expect([status, headers['content-type'], text]).toEqual([503, page.contentType, page.body])
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' })
  const head = await ask(port, { method: 'HEAD' })
  expect([head.status, head.text, head.headers['content-length']]).toEqual([503, '', '16'])
})

test('a failure of another status, and the response of a worker, keep their own', async () => {
  const worker = await startWorker(({ stream }) =>
    stream.respond({ status: 503, reason: '', headers: '' }, Buffer.from('own'), { trailers: '' }),
  )
  const { port } = await startBalancer([worker], { errorPages: { 503: 'page' } })
  expect((await ask(port)).text).toBe('own')
  worker.behaviour = () => worker.breakConnections()
  const { status, text } = await ask(port, { method: 'POST' })
  expect([status, text]).toEqual([502, 'The request could not be finished.\n'])
})

test('a text that looks like HTML is that, and 504 can have a page too', async () => {
  const options = { responseTimeout: 50, errorPages: { 504: ' <p>late' } }
  const { port } = await startBalancer([await startWorker(silent)], options)
  const { status, headers, text } = await ask(port)
  expect([status, headers['content-type'], text]).toEqual([
    ...[504, 'text/html; charset=utf-8', ' <p>late'],
  ])
})

test('pages can be replaced, and the disconnect message stays', async () => {
  const worker = await startWorker(() => worker.breakConnections())
  const options = { waitTimeout: 0, disconnectMessage: 'lost', errorPages: { 503: 'old' } }
  const { port, balancer } = await startBalancer([worker], options)
  balancer.setErrorPages({ 503: 'new' })
  expect((await ask(port, { method: 'POST' })).text).toBe('lost')
  balancer.setWorkers([])
  expect((await ask(port)).text).toBe('new')
  expect(() => balancer.setErrorPages({ 502: 'x' })).toThrow(OptionError)
})

test.each([
  [{ 500: 'x' }],
  [{ 503: 5 }],
  [{ 503: { contentType: 'html', body: '' } }],
  [{ 503: 'x'.repeat(maxPageLength + 1) }],
])('pages cannot be %#', (errorPages) => {
  expect(() => new LoadBalancer({ errorPages } as never)).toThrow(OptionError)
})
