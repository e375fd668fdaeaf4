import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { getResume } from '../src/index.ts'
import { serve } from './support/setup.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('getResume', () => {
  test('returns what a worker reports', async () => {
    const options = { description: 'me', version: '7', concurrency: 3, standby: true, capacity: 2 }
    const { worker, balancer } = await serve((_req, res) => res.end(), options)
    await balancer.fetch({ requestClass: 'a' })
    const facts = await getResume(worker.address)
    expect([facts.description, facts.version, facts.load.concurrency]).toEqual(['me', '7', 3])
    expect([facts.isStandby, facts.capacity]).toEqual([true, 2])
    expect([...facts.resume.keys()]).toEqual(['a'])
  })

  test('says that the worker has no concurrency limit', async () => {
    const { worker } = await serve((_req, res) => res.end())
    expect(await getResume(worker.address)).toMatchObject({ isUnlimited: true })
    const { worker: limited } = await serve((_req, res) => res.end(), { concurrency: 4 })
    expect(await getResume(limited.address)).toMatchObject({ isUnlimited: false })
  })

  test('rejects if no process listens', async () => {
    const server = createServer()
    const port = await portOf(server)
    await new Promise((resolve) => server.close(resolve))
    await expect(getResume({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  test('rejects where another protocol is spoken', async () => {
    const port = await portOf(createHttpServer((_req, res) => res.end()))
    const refused = getResume({ host: '127.0.0.1', port })
    await expect(refused).rejects.toMatchObject({ code: 'NOT_RESUMELB' })
    await expect(refused).rejects.toThrow(`127.0.0.1:${port} gave no résumé`)
  })

  test('rejects in time where nothing is said, in whole milliseconds', async () => {
    const port = await portOf(createServer((socket) => socket.resume()))
    const refused = getResume({ host: '127.0.0.1', port }, 1_000)
    await expect(refused).rejects.toThrow(/gave no résumé: no HELLO in \d+ ms$/)
    await expect(refused).rejects.toMatchObject({ code: 'HELLO_TIMEOUT' })
  })
})
