import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock, until } from '@resumelb/common/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { DnsServer } from '../../../../test/support/dns-server.ts'
import { toolAvailable } from '../../../../test/support/tools.ts'
import {
  type ListedOptions,
  type ListedWorkers,
  listedWorkers,
} from '../../src/discovery/listed.ts'
import type { WorkerSpec } from '../../src/workers/worker-spec.ts'

/** What a list reports and logs. */
interface Watched {
  readonly list: ListedWorkers
  readonly lines: string[]
  /** Facts of the lines. */
  readonly facts: object[]
  workers: readonly WorkerSpec[]
  readonly addresses: string
}

async function watch(options: ListedOptions): Promise<Watched> {
  const lines: string[] = []
  const facts: object[] = []
  const note = (its: object, message: string) => {
    facts.push(its)
    lines.push(message)
  }
  const log = { debug: note, info: note, warn: note, error: note }
  const list = listedWorkers({ ...options, log })
  onTestFinished(() => list.close())
  const watched: Watched = {
    list,
    lines,
    facts,
    workers: [],
    get addresses() {
      return watched.workers.map(({ address }) => address).join(' ')
    },
  }
  await list.start({
    onWorkers: (workers) => {
      watched.workers = workers as readonly WorkerSpec[]
    },
    onSettings: () => undefined,
  })
  return watched
}

describe.skipIf(!toolAvailable('dnsmasq'))('a name in DNS', () => {
  const server = new DnsServer([
    '_app._tcp.test,one.test,8001,10,3',
    '_app._tcp.test,two.test,8002,10,1',
    '_app._tcp.test,three.test,8003,20,2',
  ])
  beforeAll(() => server.start())
  afterAll(() => server.dispose())

  const options = (...workers: string[]): ListedOptions => ({
    workers,
    resolver: server.address,
    resolveInterval: 20,
  })

  test('is a worker for each of its addresses, and follows them', async () => {
    await server.setHosts({ 'app.test': ['10.0.0.1', '10.0.0.2'] })
    const watched = await watch(options('10.0.0.9:1', 'dns:app.test:8000'))
    await until(() => watched.addresses === '10.0.0.9:1 10.0.0.1:8000 10.0.0.2:8000')
    await server.setHosts({ 'app.test': ['10.0.0.2', '10.0.0.3'] })
    await until(() => watched.addresses === '10.0.0.9:1 10.0.0.2:8000 10.0.0.3:8000')
    expect(watched.workers[1]?.serverName).toBe('app.test')
    expect(watched.lines.filter((line) => line === 'workers of the name').length).toBe(2)
  })

  test('uses IPv6 addresses only if there are no others', async () => {
    await server.setHosts({ 'both.test': ['10.0.0.1', '::1'], 'six.test': ['fd00::1'] })
    const watched = await watch(options('dns:both.test:1', 'https+dns:six.test:2'))
    await until(() => watched.addresses === '10.0.0.1:1 https://[fd00::1]:2')
  })

  test('keeps its workers while the server is away, and says so once', async () => {
    await server.setHosts({ 'app.test': ['10.0.0.1'] })
    const watched = await watch(options('dns:app.test:8000'))
    await until(() => watched.addresses === '10.0.0.1:8000')
    await server.stop()
    const complaint = 'cannot look up the name: its known workers stay'
    await until(() => watched.lines.includes(complaint))
    expect(watched.addresses).toBe('10.0.0.1:8000')
    await server.setHosts({ 'app.test': ['10.0.0.2'] })
    await server.start()
    await until(() => watched.addresses === '10.0.0.2:8000')
    expect(watched.lines.filter((line) => line === complaint)).toEqual([complaint])
  })

  test('keeps its workers for a time when it has no addresses, then drops them', async () => {
    await server.setHosts({ 'app.test': ['10.0.0.1'] })
    const kept = await watch({ ...options('dns:app.test:8000'), resolveHold: 60_000 })
    const dropped = await watch({ ...options('dns:app.test:8000'), resolveHold: 1 })
    await until(() => [kept, dropped].every(({ addresses }) => addresses === '10.0.0.1:8000'))
    await server.setHosts({})
    await until(() => dropped.addresses === '')
    await until(() => kept.lines.some((line) => line.includes('stay for now')))
    expect(kept.facts.at(-1)).toEqual({ name: 'dns:app.test:8000', known: 1, holdSeconds: 60 })
    expect(kept.addresses).toBe('10.0.0.1:8000')
    await server.setHosts({ 'app.test': ['10.0.0.4'] })
    await until(() => kept.addresses === '10.0.0.4:8000' && dropped.addresses === '10.0.0.4:8000')
  })

  test('starts without workers if it does not exist, and gets them later', async () => {
    await server.setHosts({})
    const watched = await watch(options('http+dns:later.test:8000'))
    expect(watched.addresses).toBe('')
    await server.setHosts({ 'later.test': ['10.0.0.1'] })
    await until(() => watched.addresses === 'http://10.0.0.1:8000')
  })

  test('of a service has ports, weights and standbys', async () => {
    await server.setHosts({
      'one.test': ['10.0.0.1'],
      'two.test': ['10.0.0.2'],
      'three.test': ['10.0.0.3'],
    })
    const watched = await watch(options('srv:_app._tcp.test'))
    await until(() => watched.workers.length === 3)
    expect(watched.workers).toEqual([
      { address: '10.0.0.1:8001', share: { capacity: 1.5 }, serverName: 'one.test' },
      { address: '10.0.0.2:8002', share: { capacity: 0.5 }, serverName: 'two.test' },
      { address: '10.0.0.3:8003', share: { capacity: 1, standby: true }, serverName: 'three.test' },
    ])
  })

  test('is looked up again as its TTL says', async () => {
    await server.setHosts({ 'app.test': ['10.0.0.1'] })
    const clock = new ManualClock()
    const { resolver = '' } = options()
    const watched = await watch({ workers: ['dns:app.test:80'], resolver, clock })
    const becomes = (address: string) =>
      until(async () => {
        await clock.advance(1_000)
        return watched.addresses === `${address}:80`
      })
    await becomes('10.0.0.1')
    await server.setHosts({ 'app.test': ['10.0.0.2'] })
    await becomes('10.0.0.2')
  })

  test('keeps its workers while another list replaces the one with it', async () => {
    await server.setHosts({ 'app.test': ['10.0.0.1'], 'new.test': ['10.0.0.2'] })
    const watched = await watch(options('dns:app.test:8000'))
    await until(() => watched.addresses === '10.0.0.1:8000')
    await watched.list.setWorkers(['dns:app.test:8000', 'dns:new.test:8000', '10.0.0.9:1'])
    await until(() => watched.addresses === '10.0.0.1:8000 10.0.0.2:8000 10.0.0.9:1')
    await expect(watched.list.setWorkers(['dns:x'])).rejects.toThrow('the port is missing')
    expect(watched.addresses).toBe('10.0.0.1:8000 10.0.0.2:8000 10.0.0.9:1')
  })
})

describe('a file of workers', () => {
  test('is watched; a bad one changes nothing and says why', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-workers-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const workersFile = join(folder, 'workers')
    writeFileSync(workersFile, '# all of them\n10.0.0.1:1 # the first\n\nstandby=10.0.0.2:1\r\n')
    const clock = new ManualClock()
    const watched = await watch({ workers: ['10.0.0.9:1'], workersFile, clock })
    expect(watched.addresses).toBe('10.0.0.9:1 10.0.0.1:1 10.0.0.2:1')
    expect(watched.workers[2]?.share).toEqual({ standby: true })

    const looked = (holds: () => boolean) =>
      until(async () => {
        await clock.advance(1_000)
        return holds()
      })
    writeFileSync(workersFile, '10.0.0.3:1\n')
    await looked(() => watched.addresses === '10.0.0.9:1 10.0.0.3:1')
    writeFileSync(workersFile, '10.0.0.4:1\nnonsense\n')
    await looked(() => watched.lines.includes('cannot reload the workers file'))
    expect(watched.addresses).toBe('10.0.0.9:1 10.0.0.3:1')
  })

  test('is followed through links, as those of a Kubernetes ConfigMap', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-workers-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const at = (name: string) => join(folder, name)
    for (const number of [1, 2]) {
      mkdirSync(at(`..${number}`))
      writeFileSync(at(`..${number}/workers`), `10.0.0.${number}:1\n`)
    }
    symlinkSync('..1', at('..data'))
    symlinkSync('..data/workers', at('workers'))
    const clock = new ManualClock()
    const watched = await watch({ workersFile: at('workers'), clock })
    const becomes = (holds: () => boolean) =>
      until(async () => {
        await clock.advance(1_000)
        return holds()
      })
    expect(watched.addresses).toBe('10.0.0.1:1')
    symlinkSync('..2', at('..next'))
    renameSync(at('..next'), at('..data'))
    await becomes(() => watched.addresses === '10.0.0.2:1')
    rmSync(at('..2/workers'))
    await becomes(() => watched.lines.includes('cannot reload the workers file'))
    expect(watched.addresses).toBe('10.0.0.2:1')
    writeFileSync(at('..2/workers'), '# none any more\n')
    await becomes(() => watched.addresses === '')
    // So long that it is not read.
    truncateSync(at('..2/workers'), 300_000_000)
    const failures = () => watched.lines.filter((line) => line.startsWith('cannot')).length
    await becomes(() => failures() === 2)
  })

  test('must be there at start, and good', () => {
    expect(() => listedWorkers({ workersFile: '/nowhere' })).toThrow('a file that can be read')
  })
})

test.each([
  ['dns:app', 'the port is missing'],
  ['dns:app:0', 'the port is missing'],
  ['dns:10.0.0.1:80', 'an IP address needs no dns:'],
  ['dns:[::1]:80', 'an IP address needs no dns:'],
  ['dns:a b:80', "'a b' is no name"],
  ['srv:_http._tcp.x:80', 'the records of srv: have the ports'],
  ['ftp+dns:x:80', 'Expected a worker to be'],
])('refuses %s', (text, reason) => {
  expect(() => listedWorkers({ workers: [text] })).toThrow(reason)
})
