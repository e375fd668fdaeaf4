/** Workers and load balancers as processes: death, restart, drain, memory of skills. */
import { readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { ask, keepAlive, Load } from '../support/clients.ts'
import {
  requestsAt,
  startBalancerProcess,
  startWorkerProcess,
  type WorkerProcess,
} from '../support/processes.ts'

async function startWorkers(count: number, args: string[] = []): Promise<WorkerProcess[]> {
  return await Promise.all(Array.from({ length: count }, () => startWorkerProcess(args)))
}

describe('several workers behind a load balancer', () => {
  test('serve each class by few of them, and all classes by all of them', async () => {
    const workers = await startWorkers(3)
    const { port } = await startBalancerProcess(workers)
    const agent = keepAlive(4)
    const pids = new Map<string, Set<string>>()
    for (let round = 0; round < 6; round++) {
      // So many that chance does not leave a worker without any.
      for (let site = 0; site < 40; site++) {
        const host = `site${site}.example`
        const { text } = await ask(port, '/pid', { agent, headers: { host } })
        pids.set(host, (pids.get(host) ?? new Set()).add(text))
      }
    }
    const places = [...pids.values()].reduce((sum, seen) => sum + seen.size, 0)
    expect(places / pids.size).toBeLessThan(2)
    expect(new Set([...pids.values()].flatMap((seen) => [...seen])).size).toBe(3)
  })

  test('lose no GET when one of them is killed, and have another when it is back', async () => {
    const workers = await startWorkers(3)
    const [victim] = workers as [WorkerProcess]
    const { port, process } = await startBalancerProcess(workers)
    const agent = keepAlive(32)
    let site = 0
    const load = new Load(32, () => {
      const headers = { host: `site${site++ % 50}.example` }
      return ask(port, '/slow?ms=5', { agent, headers })
    })
    await load.more(500)
    await victim.process.kill()
    await load.more(500)
    const again = await startWorkerProcess([], { address: victim.address })
    await until(async () => process.stderr.split('connected to worker').length === 5)
    const seen = new Set<string>()
    for (let count = 0; count < 300 && !seen.has(String(again.process.pid)); count++) {
      const headers = { host: `new${count}.example` }
      seen.add((await ask(port, '/pid', { agent, headers })).text)
    }
    const { statuses, errors } = await load.stop()
    expect([...statuses.keys()]).toEqual([200])
    expect(errors.size).toBe(0)
    expect(seen).toContain(String(again.process.pid))
  })

  test('answer 502, once, a POST whose worker is killed', async () => {
    const workers = await startWorkers(2)
    const { port } = await startBalancerProcess(workers)
    const posts = Array.from({ length: 8 }, (_, at) => {
      const headers = { host: `site${at}.example` }
      return ask(port, '/slow?ms=3000', { method: 'POST', headers }, 'x'.repeat(100))
    })
    await until(async () => (await requestsAt(...workers)) === posts.length)
    await workers[0]?.process.kill()
    const statuses = (await Promise.all(posts)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 502]))
    expect((await ask(port, '/hello', { method: 'POST' }, 'x')).status).toBe(200)
  })

  test('lose no request, not even a POST, when they are restarted one after the other', async () => {
    const workers = await startWorkers(3)
    const { port } = await startBalancerProcess(workers)
    const agent = keepAlive(24)
    let site = 0
    const load = new Load(24, () => {
      const headers = { host: `site${site++ % 20}.example` }
      const options = { agent, headers, method: site % 2 === 0 ? 'POST' : 'GET' }
      return ask(port, '/slow?ms=10', options, site % 2 === 0 ? 'x'.repeat(1000) : undefined)
    })
    await load.more(200)
    for (const { process, address } of workers) {
      expect(await process.stop()).toBe(0)
      await load.more(100)
      await startWorkerProcess([], { address })
      await load.more(100)
    }
    const { statuses, errors } = await load.stop()
    expect([...statuses.keys()]).toEqual([200])
    expect(errors.size).toBe(0)
  })

  test('serve two load balancers at once', async () => {
    const workers = await startWorkers(2)
    const balancers = await Promise.all([1, 2].map(() => startBalancerProcess(workers)))
    const agent = keepAlive(32)
    let site = 0
    const load = new Load(16, () => {
      const headers = { host: `site${site++ % 10}.example` }
      const { port } = balancers[site % 2] as { port: number }
      return ask(port, '/hello', { agent, headers })
    })
    await load.more(1000)
    expect(await balancers[0]?.process.stop()).toBe(0)
    const { statuses } = await load.stop()
    expect([...statuses.keys()]).toEqual([200])
    const { port } = balancers[1] as { port: number }
    expect((await ask(port, '/hello')).text).toBe('hello')
  })

  test('are known by what they were good at before a restart', async () => {
    const file = join(tmpdir(), `resumelb-e2e-${process.pid}-${Date.now()}.resume`)
    const worker = await startWorkerProcess(['--resume-file', file])
    const { port } = await startBalancerProcess([worker])
    for (let count = 0; count < 5; count++) {
      await ask(port, '/hello', { headers: { host: 'known.example' } })
    }
    expect(await worker.process.stop()).toBe(0)
    expect((await readFile(file)).length).toBeGreaterThan(0)
    const again = await startWorkerProcess(['--resume-file', file], { address: worker.address })
    const other = await startBalancerProcess([again])
    expect(other.process.stderr).toMatch(/"classes":1,"msg":"connected to worker"/)
  })
})

describe('a load balancer that gets SIGTERM', () => {
  test('finishes what is in progress, and leaves with 0', async () => {
    const workers = await startWorkers(1)
    const { port, process } = await startBalancerProcess(workers)
    const agent = keepAlive(20)
    await Promise.all(Array.from({ length: 20 }, () => ask(port, '/hello', { agent })))
    const slow = ask(port, '/slow?ms=1000', { agent })
    await until(async () => (await requestsAt(...workers)) === 1)
    process.signal('SIGTERM')
    expect(await slow).toMatchObject({
      status: 200,
      text: 'slow',
      headers: { connection: 'close' },
    })
    expect(await process.exited).toBe(0)
    await expect(ask(port, '/hello')).rejects.toThrow('ECONNREFUSED')
  })

  test('leaves with 1 when not all finished in time', async () => {
    const workers = await startWorkers(1)
    const { port, process } = await startBalancerProcess(workers, ['--drain-timeout', '0.2'])
    const never = ask(port, '/never')
    await until(async () => (await requestsAt(...workers)) === 1)
    process.signal('SIGTERM')
    expect(await process.exited).toBe(1)
    expect((await never).status).toBe(503)
  })

  test('exits at once after a second signal', async () => {
    const workers = await startWorkers(1)
    const { port, process } = await startBalancerProcess(workers)
    const never = ask(port, '/never').catch((error) => error.code)
    await until(async () => (await requestsAt(...workers)) === 1)
    process.signal('SIGTERM')
    await until(() => process.stderr.includes('stopping: finishing'))
    // Sooner, by the process's own clock, it would be the first one told twice.
    await sleep(600)
    process.signal('SIGTERM')
    expect(await process.exited).toBe(1)
    expect(await never).toBe('ECONNRESET')
  })
})

describe('the access log', () => {
  test('has a line per request, and a new file after SIGHUP', async () => {
    const workers = await startWorkers(1)
    const log = join(tmpdir(), `resumelb-e2e-${process.pid}-${Date.now()}.log`)
    const { port, process: balancer } = await startBalancerProcess(workers, ['-l', log])
    await ask(port, '/hello?first', { headers: { 'user-agent': 'a "test"', cookie: 'secret=1' } })
    await until(async () => (await readText(log)).includes('first'))
    await rename(log, `${log}.1`)
    balancer.signal('SIGHUP')
    await until(async () => balancer.stderr.includes('access log reopened'))
    await ask(port, '/hello?second')
    expect(await balancer.stop()).toBe(0)
    const [first, second] = [await readText(`${log}.1`), await readText(log)]
    expect(first).toMatch(
      /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/hello\?first HTTP\/1\.1" 200 5 "-" "a \\"test\\""\n$/,
    )
    expect(second).toContain('GET /hello?second')
    expect(first + balancer.stderr).not.toContain('secret')
  })
})

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '')
}
