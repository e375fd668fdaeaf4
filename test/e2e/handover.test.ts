/** A load balancer that is replaced by a new process, or gets its socket from systemd. */
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { descriptorOf, listenAt } from '@resumelb/common'
import { expect, onTestFinished, test } from 'vitest'
import { ask, keepAlive, Load } from '../support/clients.ts'
import { Generations } from '../support/generations.ts'
import { startWorkerProcess } from '../support/processes.ts'

/** More by hand. */
const restarts = Number(process.env['RESUMELB_RESTARTS'] ?? 3)

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'resumelb-handover-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

test(
  'at SIGUSR2, a new process takes over, and no request is lost',
  async () => {
    const place = await folder()
    const config = join(place, 'lb.json')
    const socketPath = join(place, 'lb.sock')
    const admin = `unix:${join(place, 'admin.sock')}`
    const workers = await Promise.all([1, 2].map(() => startWorkerProcess()))
    const options = { address: ['127.0.0.1:0', `unix:${socketPath}`], 'access-log': '', admin }
    const write = (more: object) =>
      writeFile(
        config,
        JSON.stringify({ ...options, ...more, workers: workers.map((w) => w.address) }),
      )
    await write({})
    const generations = new Generations(['--config', config])
    await generations.until(() => generations.said('connected to worker').length >= 2)
    await generations.until(() => generations.said('listening').length === 2)
    const [tcp] = generations.said('listening')
    const port = Number(tcp?.address?.split(':').pop())

    const agent = keepAlive(8)
    let count = 0
    const load = new Load(12, () => {
      const headers = { host: `site${count++ % 20}.example` }
      if (count % 4 === 0)
        return ask(port, '/upload', { headers, agent: false, method: 'POST' }, 'x')
      if (count % 4 === 1) return ask(port, '/hello', { headers, agent: false, socketPath })
      return ask(port, `/slow?ms=${count % 20}`, { headers, agent })
    })
    await load.more(100)

    await write({ 'no-such-option': 1 })
    generations.signal('SIGUSR2')
    const failed = 'the new process failed to start: this one continues'
    await generations.until(() => generations.said(failed).length === 1)
    expect(generations.said(failed)[0]).toMatchObject({ reason: 'it exited with 2' })
    await write({})

    for (let restart = 1; restart <= restarts; restart++) {
      await load.more(50)
      generations.signal('SIGUSR2')
      const served = 'the new process serves: this one drains'
      await generations.until(() => generations.said(served).length === restart)
    }
    await load.more(100)
    const { statuses, errors } = await load.stop()
    expect([[...statuses.keys()], [...errors]], `${generations}`).toEqual([[200], []])
    agent.destroy()

    await generations.until(() => generations.running.length === 1)
    expect(generations.pids).toHaveLength(restarts + 1)
    const status = await ask(0, '/status', { socketPath: join(place, 'admin.sock') })
    expect(JSON.parse(status.text).balancer.pid).toBe(generations.pids.at(-1))
    generations.signal('SIGTERM')
    await generations.until(() => generations.running.length === 0)
    await expect(stat(socketPath)).rejects.toThrow('ENOENT')
  },
  180_000 + restarts * 20_000,
)

test('the new process sends each class to its worker from the first request on', async () => {
  const workers = await Promise.all([1, 2].map(() => startWorkerProcess()))
  const servers = await Promise.all(['one', 'two'].map(startServer))
  const addresses = [...workers.map(({ address }) => address), ...servers]
  const generations = new Generations(['-a', '127.0.0.1:0', '-l', '', ...addresses])
  await generations.until(() => generations.said('connected to worker').length === 4)
  await generations.until(() => generations.said('listening').length === 1)
  const port = Number(generations.said('listening')[0]?.address?.split(':').pop())
  const hosts = Array.from({ length: 16 }, (_, index) => `site${index}.example`)
  const whoServes = async () => {
    const served: string[] = []
    for (const host of hosts) {
      served.push((await ask(port, '/pid', { headers: { host }, agent: false })).text)
    }
    return served
  }
  for (let round = 0; round < 5; round++) await whoServes()
  const before = await whoServes()
  expect(new Set(before).size).toBeGreaterThan(1)
  generations.signal('SIGUSR2')
  await generations.until(() => generations.pids.length === 2 && generations.running.length === 1)
  const after = await whoServes()
  // A request that took long by chance may move its class.
  const same = after.filter((each, index) => each === before[index])
  expect(same.length, `${before}\n${after}`).toBeGreaterThanOrEqual(12)
  expect(generations.said('measured résumés taken over')).toMatchObject([{ workers: 2 }])
})

/** A plain HTTP server, which answers its name. */
async function startServer(name: string): Promise<string> {
  const server = createHttpServer((_request, response) => response.end(name))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('listens at a socket that systemd passes, and hands it over', async () => {
  const worker = await startWorkerProcess()
  const server = createServer()
  await listenAt(server, { host: '127.0.0.1', port: 0 })
  const { port } = server.address() as { port: number }
  const words = ['-a', 'fd:web', '-l', '', worker.address]
  const generations = new Generations(words, { socket: descriptorOf(server) })
  server.close()
  expect((await ask(port, '/hello', { agent: false })).status).toBe(200)
  await generations.until(() => generations.pids.length === 1)
  generations.signal('SIGUSR2')
  await generations.until(() => generations.pids.length === 2)
  expect((await ask(port, '/hello', { agent: false })).status).toBe(200)
  await generations.until(() => generations.running.length === 1)
  generations.signal('SIGTERM')
  await generations.until(() => generations.running.length === 0)
})
