/** A load balancer of several processes behind one address. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { descriptorOf, listenAt } from '@resumelb/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AdminStatus, ExplainAnswer } from '../../packages/lb/src/index.ts'
import { ask, Load } from '../support/clients.ts'
import { Generations } from '../support/generations.ts'
import { CommandProcess, startWorkerProcess, type WorkerProcess } from '../support/processes.ts'

const place = mkdtempSync(join(tmpdir(), 'resumelb-processes-'))
const config = join(place, 'lb.json')
const accessLog = join(place, 'access.log')
const clientSocket = join(place, 'lb.sock')
const adminSocket = join(place, 'admin.sock')

const ends: (() => Promise<void>)[] = [async () => rmSync(place, { recursive: true, force: true })]
const lifetime = (end: () => Promise<void>) => void ends.unshift(end)
afterAll(async () => {
  for (const end of ends) await end()
})

let workers: WorkerProcess[]
let balancer: Generations
let port: number
/** Requests that were sent, all of which were answered. */
let answered = 0

function configure(more: object): void {
  const options = {
    ...{ processes: '2', address: ['127.0.0.1:0', `unix:${clientSocket}`] },
    ...{ admin: `unix:${adminSocket}`, 'access-log': accessLog },
    // Of requests with a JSON body that has it: the clients' here have none.
    'request-units': 'json:rows',
    workers: workers.map(({ address }) => address),
  }
  writeFileSync(config, JSON.stringify({ ...options, ...more }))
}

beforeAll(async () => {
  workers = await Promise.all([1, 2].map(() => startWorkerProcess([], { lifetime })))
  configure({})
  balancer = new Generations(['--config', config], { lifetime })
  await balancer.until(() => balancer.primaries.length === 1)
  const [tcp] = balancer.said('listening').filter(({ address }) => address?.startsWith('127.'))
  port = Number(tcp?.address?.split(':').pop())
  await balancer.until(() => balancer.said('connected to worker').length === 4)
})

/** A request on a connection of its own, which any of the processes may get. */
async function hello(socketPath?: string): Promise<number> {
  const headers = { host: `site${answered++ % 10}.example` }
  const place = socketPath === undefined ? {} : { socketPath }
  return (await ask(port, '/hello', { agent: false, headers, ...place })).status
}

async function admin(path: string): Promise<string> {
  return (await ask(0, path, { socketPath: adminSocket, agent: false })).text
}

async function status(): Promise<AdminStatus['balancer'] & { workers: AdminStatus['workers'] }> {
  const { balancer, workers } = JSON.parse(await admin('/status')) as AdminStatus
  return { ...balancer, workers }
}

async function change(path: string, body: object = {}): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const options = { socketPath: adminSocket, agent: false as const, method: 'POST', headers }
  return (await ask(0, path, options, JSON.stringify(body))).status
}

/** The sum over the series of a counter. */
async function counted(name: string): Promise<number> {
  const lines = (await admin('/metrics')).split('\n').filter((line) => line.startsWith(name))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  await expect.poll(isTrue, { timeout: 60_000, interval: 100 }).toBe(true)
}

const requestsOf = (processes: AdminStatus['balancer']['processes'] = []) =>
  processes.map(({ requests }) => requests)

test('all processes serve clients at one address, and one admin address adds them up', async () => {
  let processes: number[] = []
  while (processes.length < 2 || Math.min(...processes) === 0) {
    expect(await hello()).toBe(200)
    expect(await hello(clientSocket)).toBe(200)
    processes = requestsOf((await status()).processes)
  }
  await eventually(async () => (await status()).totals.requests === answered)
  const { totals, processes: rows, workers: seen, backlog } = await status()
  expect(requestsOf(rows).reduce((sum, one) => sum + one, 0)).toBe(answered)
  expect(totals.outcomes.served).toBe(answered)
  expect(backlog).toBe(0)
  expect(seen.map(({ isReady }) => isReady)).toEqual([true, true])
  expect(seen.reduce((sum, { requests }) => sum + requests, 0)).toBe(answered)
  expect(await counted('resumelb_requests_total')).toBe(answered)
  expect(await counted('resumelb_request_duration_seconds_count')).toBe(answered)
  expect(await counted('resumelb_processes_serving')).toBe(2)
  expect(await admin('/readyz')).toBe('ok\n')
  await eventually(
    async () => (await readFile(accessLog, 'utf8')).split('\n').length === answered + 1,
  )
})

/** Where the next request of a class goes, as each process sees it. */
async function choices(): Promise<(string | null)[]> {
  const answers = [1, 2].map(async (process) => {
    const answer = await admin(`/explain?class=new.example&process=${process}`)
    return (JSON.parse(answer) as ExplainAnswer).chosen
  })
  return Promise.all(answers)
}

test('each process explains a request with its body', async () => {
  const options = { socketPath: adminSocket, agent: false as const, method: 'POST' }
  const header = encodeURIComponent('Content-Type: application/json')
  for (const process of [1, 2]) {
    const path = `/explain?host=new.example&path=/&header=${header}&process=${process}`
    const { status, text } = await ask(0, path, options, '{"rows":42}')
    const answer = { process, requestClass: 'new.example', units: 42, readsBody: true }
    expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining(answer)])
    expect(workers.map(({ address }) => address)).toContain(JSON.parse(text).chosen)
  }
  expect((await ask(0, '/explain?process=3', options, '{}')).status).toBe(400)
})

test('a change is made in all processes, and again in one that replaces another', async () => {
  const [first, second] = workers.map(({ address }) => address) as [string, string]
  expect(await change(`/workers/${first}/drain`)).toBe(200)
  expect(await choices()).toEqual([second, second])
  expect(await change('/settings', { prize: 3 })).toBe(400)
  expect(await change('/settings', { price: 3 })).toBe(200)

  const before = await status()
  const [killed] = before.processes ?? []
  process.kill(killed?.pid as number, 'SIGKILL')
  const text = 'process has ended: starting another'
  await balancer.until(() => balancer.said(text).length === 1)
  expect(balancer.said(text)[0]).toMatchObject({ process: 1, pid: killed?.pid, signal: 'SIGKILL' })
  // Its connections wait for the one that replaces it.
  for (let count = 0; count < 20; count++) expect(await hello()).toBe(200)
  await eventually(async () => (await status()).processes?.length === 2)
  await eventually(async () => (await status()).totals.requests >= before.totals.requests + 20)
  expect(await counted('resumelb_process_starts_total')).toBe(3)
  await eventually(async () => `${await choices()}` === `${[second, second]}`)
  expect((await status()).settings).toMatchObject({ price: 3 })
  expect(await change(`/workers/${first}/ready`)).toBe(200)
})

test('SIGHUP reloads all processes, or none', async () => {
  const reloaded = () => balancer.said('configuration reloaded').map((line) => line.process)
  const primary = balancer.primaries[0] as number
  configure({ 'wait-timeout': 3, 'no-such-option': 1 })
  process.kill(primary, 'SIGHUP')
  const failed = () => balancer.said('cannot reload the configuration; the old one stays in force')
  await balancer.until(() => failed().length === 1)
  configure({ 'wait-timeout': 3 })
  process.kill(primary, 'SIGHUP')
  await balancer.until(() => reloaded().length === 2)
  expect(reloaded().sort()).toEqual([1, 2])
  expect(failed()).toHaveLength(1)
  expect(balancer.said('access log reopened').length).toBe(4)
})

test('SIGUSR2 replaces all processes without losing a request', async () => {
  const before = balancer.running
  const load = new Load(3, () => ask(port, '/slow?ms=50', { agent: false }))
  await load.more(20)
  process.kill(balancer.primaries[0] as number, 'SIGUSR2')
  await balancer.until(() => balancer.said('the new process serves: this one drains').length === 1)
  await load.more(50)
  await balancer.until(() => !balancer.running.some((pid) => before.includes(pid)))
  await load.more(20)
  const { statuses, errors } = await load.stop()
  expect([[...statuses.keys()], [...errors]], `${balancer}`).toEqual([[200], []])
  expect((await status()).pid).toBe(balancer.primaries[1])
  expect((await stat(clientSocket)).isSocket()).toBe(true)
})

test('the processes end when the primary process is killed', async () => {
  process.kill(balancer.primaries[1] as number, 'SIGKILL')
  await balancer.until(() => balancer.running.length === 0)
})

test('they listen at a socket that systemd passes, and SIGTERM ends all with one status', async () => {
  const server = createServer()
  await listenAt(server, { host: '127.0.0.1', port: 0 })
  const { port } = server.address() as AddressInfo
  const words = ['--processes', '2', '-a', 'fd:web', '-l', '', ...workers.map((w) => w.address)]
  const passed = new Generations(words, { socket: descriptorOf(server), lifetime })
  server.close()
  expect((await ask(port, '/hello', { agent: false })).status).toBe(200)
  await passed.until(() => passed.primaries.length === 1)
  process.kill(passed.primaries[0] as number, 'SIGTERM')
  await passed.until(() => passed.exitCode !== null && passed.running.length === 0)
  expect(passed.exitCode).toBe(0)
  expect(`${passed}`).not.toContain('"level":"error"')
})

test('the exit status is that of the first process if none can be started', async () => {
  const words = ['--processes', '2', '-a', '127.0.0.1:0', '-l', join(place, 'none', 'access.log')]
  const command = new CommandProcess('packages/lb/bin/resumelb.js', [...words, '127.0.0.1:1'])
  expect(await command.exited).toBe(1)
  expect(command.stderr).toContain('ENOENT')
})
