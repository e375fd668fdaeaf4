import { describe, expect, test } from 'vitest'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { answer, type Caught, type TinyWorker } from '../support/tiny-worker.ts'

/** The value of a field that the worker got. */
function sentTo({ requests }: TinyWorker, name: string, at = 0): string | undefined {
  const lines = (requests[at] as Caught).head.headers.split('\n')
  const index = lines.findIndex((line, i) => i % 2 === 0 && line.toLowerCase() === name)
  return index < 0 ? undefined : lines[index + 1]
}

describe('the id of a request', () => {
  test('is the same for the worker, the client and the log', async () => {
    const worker = await startWorker()
    const { port, ended } = await startBalancer([worker])
    const { headers } = await ask(port)
    await until(() => ended.length === 1)
    expect(headers['x-request-id']).toMatch(/^[\w-]{8}-1$/)
    expect([sentTo(worker, 'x-request-id'), ended[0]?.id]).toEqual([
      headers['x-request-id'],
      headers['x-request-id'],
    ])
  })

  test('is that of a trusted proxy, if it is well-formed, and never that of another client', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker], { trustedProxies: ['loopback'] })
    const idFor = async (to: number, id: string) =>
      (await ask(to, { headers: { 'x-request-id': id } })).headers['x-request-id']
    expect(await idFor(port, 'edge-7')).toBe('edge-7')
    expect(sentTo(worker, 'x-request-id')).toBe('edge-7')
    expect(await idFor(port, 'no id')).not.toBe('no id')
    const { port: strict } = await startBalancer([worker])
    expect(await idFor(strict, 'edge-7')).not.toBe('edge-7')
  })

  test('is that of the application, if it sets one', async () => {
    const worker = await startWorker(answer('hello', 'x-request-ID\nown'))
    const { port } = await startBalancer([worker])
    const { rawHeaders } = await ask(port)
    expect(rawHeaders.filter((name) => name.toLowerCase() === 'x-request-id')).toEqual([
      'x-request-ID',
    ])
  })

  test('is in responses of the load balancer itself', async () => {
    const { port } = await startBalancer([], { waitTimeout: 0 })
    expect((await ask(port)).headers['x-request-id']).toMatch(/-1$/)
    const options = { method: 'OPTIONS', headers: { 'max-forwards': '0' } }
    expect((await ask(port, options)).headers['x-request-id']).toMatch(/-2$/)
  })

  test('is nowhere if it is turned off', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker], { requestId: false, waitTimeout: 0 })
    expect((await ask(port)).headers['x-request-id']).toBeUndefined()
    expect(sentTo(worker, 'x-request-id')).toBeUndefined()
    await worker.close()
    expect((await ask(port)).headers['x-request-id']).toBeUndefined()
  })
})

describe('the trace of a request', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  test('is passed on, and made only if that is asked for', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker])
    await ask(port, { headers: { traceparent } })
    await ask(port)
    expect(sentTo(worker, 'traceparent')).toBe(traceparent)
    expect(sentTo(worker, 'traceparent', 1)).toBeUndefined()
    const { port: tracing } = await startBalancer([worker], { traceparent: true })
    await ask(tracing, { headers: { traceparent } })
    await ask(tracing)
    expect(sentTo(worker, 'traceparent', 2)).toBe(traceparent)
    expect(sentTo(worker, 'traceparent', 3)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/)
  })
})
