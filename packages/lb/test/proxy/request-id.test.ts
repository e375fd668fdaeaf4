import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask, openRaw, startBalancer, startWorker, until } from '../support/balancer.ts'
import { askH2, openH2, startSecureBalancer } from '../support/secure-balancer.ts'
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

  test('is in the answer to what is no request, and in the event for it', async () => {
    const { port, balancer } = await startBalancer([])
    const refused: unknown[] = []
    balancer.events.on('inputRefused', ({ id }) => refused.push(id))
    const { socket, received, closed } = openRaw(port)
    socket.write('no request\r\n\r\n')
    await closed
    expect(received()).toContain(`\r\nX-Request-Id: ${refused[0]}\r\n`)
  })

  test('is the same with HTTP/2, with a plain HTTP server as the worker, and in failures of both', async () => {
    const requestIdHeader = 'X-Trace'
    const server = createServer(({ headers: { 'x-trace': seen } }, response) => {
      response.end(String(seen))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const options = { requestIdHeader, workers: [url], responseTimeout: 1_000 }
    const { port } = await startSecureBalancer([], options)
    const { headers, text } = await askH2(await openH2(port), { 'x-trace': 'mine' })
    expect(headers['x-trace']).toBe(text)
    expect(text).toMatch(/-1$/)
    const empty = await startSecureBalancer([], { requestIdHeader, waitTimeout: 0 })
    const failed = await askH2(await openH2(empty.port))
    expect([failed.status, failed.headers['x-trace']]).toEqual([503, expect.stringMatching(/-1$/)])
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

describe('the id of a request in a header of the operator', () => {
  const header = 'X-Correlation-Id'
  const options = { requestIdHeader: header, trustedProxies: ['loopback'] }

  test('is the same for the worker, the client and the log', async () => {
    const worker = await startWorker()
    const { port, ended } = await startBalancer([worker], { requestIdHeader: header })
    const { headers } = await ask(port, { headers: { [header]: 'edge-7' } })
    await until(() => ended.length === 1)
    const { id } = ended[0] as { id: string }
    expect(id).toMatch(/-1$/)
    expect([headers['x-correlation-id'], sentTo(worker, 'x-correlation-id')]).toEqual([id, id])
    expect(headers['x-request-id']).toBeUndefined()
  })

  test('is that of a trusted proxy, whose X-Request-Id is passed on as it is', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker], options)
    const { headers } = await ask(port, {
      headers: { [header]: 'edge-7', 'x-request-id': 'other' },
    })
    expect(headers['x-correlation-id']).toBe('edge-7')
    const fields = ['x-correlation-id', 'x-request-id'].map((name) => sentTo(worker, name))
    expect(fields).toEqual(['edge-7', 'other'])
  })

  test('is that of the application, if it sets one', async () => {
    const worker = await startWorker(answer('hello', 'x-correlation-ID\nown'))
    const { port } = await startBalancer([worker], options)
    expect((await ask(port)).headers['x-correlation-id']).toBe('own')
  })

  test('is in responses of the load balancer itself', async () => {
    const { port } = await startBalancer([], { waitTimeout: 0, requestIdHeader: header })
    expect((await ask(port)).headers['x-correlation-id']).toMatch(/-1$/)
  })

  test('cannot be one that means something else', async () => {
    await expect(startBalancer([], { requestIdHeader: 'Host' })).rejects.toThrow('requestIdHeader')
    await expect(startBalancer([], { requestIdHeader: 'a b' })).rejects.toThrow('requestIdHeader')
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
