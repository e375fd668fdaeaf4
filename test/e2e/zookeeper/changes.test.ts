/**
 * What operators do to a running cluster, by its tree and its processes, and what may go wrong
 * there.
 */

import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { get as secureGet } from 'node:https'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { getResume } from '@resumelb/worker'
import { setProperties } from '@resumelb/zookeeper'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { CertificateFolder, makeCertificate } from '../../support/certificates.ts'
import { ask, Load } from '../../support/clients.ts'
import { Cluster, kinds, type Member, nothingLost, until } from '../../support/cluster.ts'
import { Generations } from '../../support/generations.ts'
import {
  startZooKeeper,
  type ZooKeeperServer,
  zookeeperAvailable,
} from '../../support/zookeeper-server.ts'

// Several things are waited for in one test, and each may take its time on a busy machine.
vi.setConfig({ testTimeout: 300_000 })

/** What the admin server wants of a change. */
const adminHeaders = { 'content-type': 'application/json' }

/** Seconds; longer than a worker takes to start on a busy machine. */
const sessionTimeout = 30

/**
 * Seconds: so long that it is not over when both versions have been met, however busy the machine.
 */
const handover = 3600
const hurried = 5

describe.skipIf(!zookeeperAvailable())('no request is lost', () => {
  let server: ZooKeeperServer
  let cluster: Cluster
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resumelb-e2e-'))
    server = await startZooKeeper()
    cluster = await Cluster.start(server.connectionString, {
      sessionTimeout,
      workerArgs: ['--worker-version', '1', '--description', 'example'],
      balancerArgs: [
        ['-v', '-s', socketOf(0)],
        ['-v', '--version-handover', '1'],
      ],
    })
  })

  afterAll(async () => {
    await cluster?.end()
    await server?.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  const socketOf = (balancer: number) => join(folder, `status${balancer}`)

  const first = () => cluster.workers[0] as Member

  const concurrencyOf = async ({ address }: Member) => {
    const [host = '', port] = address.split(':')
    return (await getResume({ host, port: Number(port) })).load.concurrency
  }

  test('when a worker is killed and starts again on its address, before ZooKeeper has missed it', async () => {
    const worker = first()
    const tally = await cluster.underLoad(async () => {
      await worker.process.kill()
      cluster.forget(worker)
      await cluster.startWorker(undefined, worker.address)
      await cluster.allRegistered()
      await until(async () => cluster.connections(worker).every((count) => count === 2))
      // Until then, the node is that of the process that was killed.
      const pid = cluster.workers.at(-1)?.process.pid
      await until(async () => (await registration(worker)).node['pid'] === pid)
    }, ['GET'])
    expect(kinds(tally)).toEqual(nothingLost)
  })

  test('when a worker is added, drained and removed', async () => {
    const tally = await cluster.underLoad(async () => {
      const added = await cluster.startWorker()
      await cluster.allRegistered()
      await cluster.allConnected()
      expect((await registration(added)).node).toEqual({
        pid: added.process.pid,
        description: 'example',
        version: '1',
      })
      expect(await added.process.stop()).toBe(0)
      cluster.forget(added)
      await cluster.allRegistered()
      expect(added.process.stderr).toMatch(/stopping.*\n(.*\n)*.*draining/)
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })

  test('when settings change: they count at once, for load balancers and workers', async () => {
    const tally = await cluster.underLoad(async () => {
      const { nodes } = cluster.session
      await setProperties(nodes, '/lb', { variance: 2, backlog_history: 5 })
      await cluster.logged(/"settings":\{[^}]*"variance":2,"backlogHistory":5/)
      await setProperties(nodes, '/app', { threads: 3, history: 100 })
      await until(async () => (await concurrencyOf(first())) === 3)
      await setProperties(nodes, '/app', { concurrency: 5 })
      await until(async () => (await concurrencyOf(first())) === 5)
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })

  test('when invalid values are written: they are reported, and the last valid ones stay', async () => {
    const tally = await cluster.underLoad(async () => {
      const { nodes } = cluster.session
      await setProperties(nodes, '/lb', { variance: 'much', warming_share: 0.5, nonsense: [1] })
      await cluster.logged(/"variance","value":"much".*"property ignored"/)
      await cluster.logged(/"nonsense","value":\[1\].*"property ignored"/)
      await cluster.logged(/"variance":2,.*"warmingShare":0.5|"warmingShare":0.5.*"variance":2,/)
      await setProperties(nodes, '/app', { concurrency: 0, history: 'long' })
      await cluster.logged(/"concurrency","value":0.*"property ignored"/, 1, cluster.workers)
      expect(await concurrencyOf(first())).toBe(5)
      await nodes.create('/app/providers/no address', Buffer.from('{}'))
      await cluster.logged(/no address/)
      await nodes.remove('/app/providers/no address')
      expect(cluster.balancers.map(({ process }) => lastSettings(process.stderr))).toEqual([
        expect.objectContaining({ variance: 2, warmingShare: 0.5 }),
        expect.objectContaining({ variance: 2, warmingShare: 0.5 }),
      ])
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })

  test('when the node is garbage, and the link to the workers with it', async () => {
    const before = cluster.workers.map((worker) => cluster.connections(worker))
    const tally = await cluster.underLoad(async () => {
      const { nodes } = cluster.session
      await nodes.write('/lb', Buffer.from('{"variance":'))
      await cluster.logged(/not a JSON object.*"property ignored"/)
      await cluster.logged(/"count":0,.*"registered workers"/)
      await nodes.write('/lb', Buffer.from('{"workers ->":"../app"}'))
      await cluster.logged(/"count":4,.*"registered workers"/, 2)
    })
    expect(kinds(tally)).toEqual(nothingLost)
    expect(cluster.workers.map((worker) => cluster.connections(worker))).toEqual(before)
  })

  test('when a registration is deleted: it comes back, and no connection is made twice', async () => {
    const worker = first()
    const before = cluster.connections(worker)
    const tally = await cluster.underLoad(async () => {
      const { session } = await registration(worker)
      expect(session).toBeDefined()
      await cluster.session.nodes.remove(`/app/providers/${worker.address}`)
      await cluster.allRegistered()
    })
    expect(kinds(tally)).toEqual(nothingLost)
    expect(cluster.connections(worker)).toEqual(before)
  })

  test('when workers are replaced one by one by those of another version', async () => {
    const tally = await cluster.underLoad(async () => {
      for (const old of [...cluster.workers]) {
        expect(await old.process.stop()).toBe(0)
        cluster.forget(old)
        await cluster.startWorker(['--worker-version', '2'], old.address)
        await cluster.allRegistered()
        await cluster.allConnected()
      }
      await cluster.logged(/"version":"2","before":"1".*"requests now go to this version"/)
    })
    expect(kinds(tally)).toEqual(nothingLost)
    for (const { process } of cluster.balancers) {
      expect(process.stderr.match(/requests now go to this version/g)).toHaveLength(2)
    }
  })

  test('and the status socket serves what is in progress, to its owner only', async () => {
    const port = Number(cluster.balancers[0]?.address.split(':').pop())
    const never = request({ host: '127.0.0.1', port, path: '/never' }).on('error', () => undefined)
    never.end()
    const status = async () => JSON.parse(await text(connectSocket(socketOf(0))))
    await until(
      async () => (await status()).backlog === 1,
      async () => JSON.stringify(await status()),
    )
    const { workers, workers_ex, mean_backlog } = await status()
    expect(workers_ex).toEqual(workers.map(([name]: [string]) => [name, expect.any(Number)]))
    expect(workers.map(([name]: [string]) => name)).toEqual(
      cluster.workers.map(({ address }) => address).sort(),
    )
    expect(mean_backlog).toBeGreaterThan(0)
    const busy = workers.filter(([, backlog]: [string, number]) => backlog === 1)
    expect(busy).toHaveLength(1)
    const age = Date.now() / 1000 - busy[0][3]
    expect(age).toBeGreaterThan(0)
    expect(age).toBeLessThan(60)
    expect((await stat(socketOf(0))).mode & 0o007).toBe(0)
    const thief = cluster.spawnBalancer(['-s', socketOf(0)])
    expect(await thief.exited).toBe(2)
    expect(thief.stderr).toContain('no other process listens')
    never.destroy()
    await until(async () => (await status()).backlog === 0)
  })

  test('and requests may choose the version that they want', async () => {
    const next = await cluster.startWorker(['--worker-version', '3'])
    const choosing = await cluster.startBalancer(['--version-from', 'header:x-version'])
    await cluster.allRegistered()
    await cluster.allConnected()
    const port = Number(choosing.address.split(':').pop())
    const pidFor = async (headers: Record<string, string>) =>
      Number((await ask(port, '/pid', { headers })).text)
    for (let count = 0; count < 5; count++) {
      expect(await pidFor({ 'x-version': '3' })).toBe(next.process.pid)
      expect(await pidFor({ 'x-version': '2' })).not.toBe(next.process.pid)
      expect(await pidFor({})).not.toBe(next.process.pid)
    }
    expect(await choosing.process.stop()).toBe(0)
    cluster.balancers.pop()
    expect(await next.process.stop()).toBe(0)
    cluster.forget(next)
  })

  test('and TLS, sessions and standby workers are as with resumelb', async () => {
    const standby = await cluster.startWorker(['--standby', '--worker-version', '2'])
    const certificates = new CertificateFolder()
    onTestFinished(() => certificates.remove())
    const pair = await makeCertificate(['localhost'])
    const { cert, key } = certificates.write('server', pair)
    const admin = join(folder, 'admin')
    const balancer = cluster.spawnBalancer([
      ...['-a', 'https://127.0.0.1:0', '--tls-cert', cert, '--tls-key', key],
      ...['--sticky', 'route', '--admin', `unix:${admin}`],
    ])
    const find = () => /"address":"127\.0\.0\.1:(\d+)","tls":true/.exec(balancer.stderr)
    const connected = () => balancer.stderr.split('"connected to worker"').length - 1
    await until(async () => find() !== null && connected() === cluster.workers.length)
    const askSecurely = async (headers: Record<string, string>) => {
      const place = { host: '127.0.0.1', port: Number(find()?.[1]), path: '/pid', agent: false }
      const sent = secureGet({ ...place, headers, ca: pair.cert, servername: 'localhost' })
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      const [cookie = ''] = response.headers['set-cookie'] ?? []
      return { pid: Number(await text(response)), cookie: cookie.split(';')[0] ?? '' }
    }

    const { pid, cookie } = await askSecurely({ host: 'first.example' })
    expect([cookie.startsWith('route='), pid]).toEqual([true, expect.any(Number)])
    for (let site = 0; site < 8; site++) {
      const host = `site${site}.example`
      expect((await askSecurely({ host, cookie })).pid).toBe(pid)
      expect((await askSecurely({ host })).pid).not.toBe(standby.process.pid)
    }
    for (const { address, process } of cluster.workers) {
      if (process === standby.process) continue
      const path = `/workers/${encodeURIComponent(address)}/drain`
      const change = { method: 'POST', socketPath: admin, headers: adminHeaders }
      expect((await ask(0, path, change, '{}')).status).toBe(200)
    }
    expect((await askSecurely({ host: 'first.example' })).pid).toBe(standby.process.pid)
    expect(await balancer.stop()).toBe(0)
    expect(await standby.process.stop()).toBe(0)
    cluster.forget(standby)
    await cluster.allRegistered()
  })

  test('when a load balancer is replaced by a new process at SIGUSR2', async () => {
    const words = ['-LINFO', '-a', '127.0.0.1:0', '-l', '', '-s', socketOf(2)]
    const timeout = ['--session-timeout', String(sessionTimeout)]
    const where = [...timeout, server.connectionString, '/lb']
    const generations = new Generations([...words, ...where], { command: 'zkresumelb' })
    const { length } = cluster.workers
    await generations.until(() => generations.said('connected to worker').length >= length)
    await generations.until(() => generations.said('load balancer registered').length === 1)
    const [first] = generations.said('listening')
    const port = Number(first?.address?.split(':').pop())
    let count = 0
    const load = new Load(6, () => {
      const headers = { host: `site${count++ % 20}.example` }
      return ask(port, `/slow?ms=${count % 20}`, { headers, agent: false })
    })
    await load.more(50)
    generations.signal('SIGUSR2')
    await generations.until(() => generations.said('load balancer registered').length === 2)
    await load.more(50)
    await generations.until(() => generations.running.length === 1)
    expect(kinds(await load.stop())).toEqual(nothingLost)
    expect(await cluster.session.nodes.children('/lb/providers')).toContain(first?.address)
    const status = JSON.parse(await text(connectSocket(socketOf(2))))
    expect(status.workers).toHaveLength(length)
    generations.signal('SIGTERM')
    await generations.until(() => generations.running.length === 0)
    await cluster.allRegistered()
  })

  test('when several processes are one load balancer, which registers once', async () => {
    const words = ['--processes', '2', '-LINFO', '-a', '127.0.0.1:0', '-l', '', '-s', socketOf(3)]
    const timeout = ['--session-timeout', String(sessionTimeout)]
    const where = [...timeout, server.connectionString, '/lb']
    const generations = new Generations([...words, ...where], { command: 'zkresumelb' })
    const registered = () => generations.said('load balancer registered')
    await generations.until(() => registered().length === 1)
    const [first] = generations.said('listening')
    const port = Number(first?.address?.split(':').pop())
    const load = new Load(6, () => ask(port, '/slow?ms=20', { agent: false }))
    await load.more(50)
    const { nodes } = cluster.session
    expect(await nodes.children('/lb/providers')).toContain(first?.address)
    const { length } = cluster.workers
    await generations.until(() => generations.said('connected to worker').length >= 2 * length)
    const status = JSON.parse(await text(connectSocket(socketOf(3))))
    expect(status.workers).toHaveLength(length)
    expect(kinds(await load.stop())).toEqual(nothingLost)
    process.kill(generations.primaries[0] as number, 'SIGTERM')
    await generations.until(() => generations.running.length === 0)
    expect(registered()).toHaveLength(1)
    await cluster.allRegistered()
  })

  test('when a load balancer leaves: it is taken out of the tree first', async () => {
    const leaving = await cluster.startBalancer()
    await cluster.allRegistered()
    cluster.balancers.pop()
    const tally = await cluster.underLoad(async () => {
      expect(await leaving.process.stop()).toBe(0)
      await cluster.allRegistered()
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })

  async function registration({ address }: Member) {
    const { nodes } = cluster.session
    const path = `/app/providers/${address}`
    return { node: await nodes.properties(path), session: (await nodes.read(path)).stat.owner }
  }
})

describe.skipIf(!zookeeperAvailable())('a handover', () => {
  test('moves the requests from one version to the next little by little, and loses none', async () => {
    const server = await startZooKeeper()
    onTestFinished(() => server.dispose())
    const cluster = await Cluster.start(server.connectionString, {
      sessionTimeout,
      workers: 1,
      workerArgs: ['--worker-version', '1'],
      balancerArgs: [['-v', '--version-handover', String(handover)]],
    })
    onTestFinished(() => cluster.end())
    const old = cluster.workers[0] as Member
    const port = Number(cluster.balancers[0]?.address.split(':').pop())
    const pids = async (count: number) => {
      const answers = Array.from({ length: count }, () => ask(port, '/pid'))
      return new Set((await Promise.all(answers)).map(({ text }) => Number(text)))
    }
    const tally = await cluster.underLoad(async () => {
      const { pid } = old.process
      expect(await pids(20)).toEqual(new Set([pid]))
      const added = [
        await cluster.startWorker(['--worker-version', '2']),
        await cluster.startWorker(['--worker-version', '2']),
      ].map(({ process }) => process.pid)
      await cluster.logged(/"version":"2","before":"1".*"requests now go to this version"/)
      const seen = new Set<number>()
      await until(async () => {
        for (const each of await pids(5)) seen.add(each)
        return seen.has(pid) && added.some((each) => seen.has(each))
      })
      // It may be hurried, and then is over soon.
      await setProperties(cluster.session.nodes, '/lb', { version_handover: hurried })
      await cluster.logged(/"settings":\{[^}]*"handover":5[,}]/)
      await until(async () => !(await pids(300)).has(pid))
      expect(await old.process.stop()).toBe(0)
      cluster.forget(old)
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })
})

/** The settings that a load balancer has logged last. */
function lastSettings(log: string): unknown {
  const line = log.split('\n').findLast((each) => each.includes('"msg":"settings"'))
  return JSON.parse(line ?? '{}').settings
}
