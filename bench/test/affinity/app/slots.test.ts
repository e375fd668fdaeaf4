import { once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { withSlots } from '../../../affinity/app/slots.ts'

test('serves so many requests at once, the others in order, and not those that have left', async () => {
  const started: { readonly url: string; readonly response: ServerResponse }[] = []
  const arrived = new Map<string, ServerResponse>()
  const limited = withSlots(2, (request, response) => {
    started.push({ url: request.url ?? '', response })
  })
  const server = createServer((request, response) => {
    arrived.set(request.url ?? '', response)
    limited(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = async (path: string) => {
    const request = get({ port, host: '127.0.0.1', path, agent: false })
    request.on('error', () => {})
    request.on('response', (response) => response.resume())
    await until(() => arrived.has(path))
    return request
  }
  await ask('/1')
  await ask('/2')
  const impatient = await ask('/3')
  await ask('/4')
  expect(started.map(({ url }) => url)).toEqual(['/1', '/2'])

  const noticed = once(arrived.get('/3')!, 'close')
  impatient.destroy()
  await noticed
  started[0]?.response.end()
  await until(() => started.length === 3)
  expect(started[2]?.url).toBe('/4')

  server.closeAllConnections()
  await once(server.close(), 'close')
})
