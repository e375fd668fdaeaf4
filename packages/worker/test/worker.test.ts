import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TcpAddress } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { defaultConnectionOptions } from '@resumelb/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { getResume, type RequestFacts, unlimitedConcurrency, Worker } from '../src/index.ts'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function temporaryFile(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-worker-'))
  folders.push(folder)
  return join(folder, name)
}

/** A handler whose responses wait until the test ends them. */
function held() {
  const waiting: { url: string; response: ServerResponse }[] = []
  const handler = (request: { url?: string | undefined }, response: ServerResponse) => {
    waiting.push({ url: request.url ?? '', response })
  }
  return { waiting, handler }
}

describe('the résumé', () => {
  test('has a skill for each class that was served', async () => {
    const { worker, balancer } = await serve((_req, res) => res.end('ok'))
    const { report } = await balancer.fetch({ requestClass: 'a' })
    await balancer.fetch({ requestClass: 'b' })
    expect([...worker.resume.keys()].sort()).toEqual(['a', 'b'])
    expect(report?.skill?.count).toBe(1)
    expect(report?.seconds).toBeGreaterThanOrEqual(0)
  })

  test.each([
    ['a 500', (_req: unknown, res: ServerResponse) => res.writeHead(500).end('sorry')],
    [
      'an exception',
      () => {
        throw new Error('boom')
      },
    ],
    ['a rejection', () => Promise.reject(new Error('boom'))],
  ])('learns nothing from %s', async (_what, handler) => {
    const { worker, balancer } = await serve(handler)
    const { status, report } = await balancer.fetch()
    expect([status, report?.skill, worker.resume.size]).toEqual([500, undefined, 0])
  })

  test('learns nothing from a response that breaks off', async () => {
    const { worker, balancer } = await serve((_req, res) => {
      res.write('half')
      setImmediate(() => res.destroy())
    })
    await expect(balancer.fetch()).rejects.toThrow('reset: ABORTED')
    expect(worker.resume.size).toBe(0)
  })

  test('is published to every balancer when it has changed', async () => {
    const { worker, balancer } = await serve((_req, res) => res.end('ok'))
    const other = await TestBalancer.connect(worker)
    await balancer.fetch({ requestClass: 'a' })
    await until(() => other.changes.length > 0 && balancer.changes.length > 0)
    expect(other.changes[0]?.has('a')).toBe(true)
  })

  test('sends its HELLO to a balancer that connects later', async () => {
    const { worker, balancer } = await serve((_req, res) => res.end('ok'), { description: 'me' })
    await balancer.fetch({ requestClass: 'a' })
    const { hello } = await TestBalancer.connect(worker)
    expect(hello.worker?.resume.has('a')).toBe(true)
    expect(hello.worker?.description).toBe('me')
  })

  test('comes back from its file after a restart', async () => {
    const resumeFile = await temporaryFile('resume')
    const first = await serve((_req, res) => res.end('ok'), { resumeFile })
    await first.balancer.fetch({ requestClass: 'a' })
    const before = first.worker.resume.get('a')?.score
    await first.worker.close()
    const { hello } = (await serve((_req, res) => res.end('ok'), { resumeFile })).balancer
    expect(hello.worker?.resume.get('a')?.score).toBeCloseTo(before ?? 0, 3)
  })

  test('begins anew where its file is broken, and says so', async () => {
    const resumeFile = await temporaryFile('resume')
    await writeFile(resumeFile, '{"skills": [')
    const warnings: string[] = []
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (_facts: object, message: string) => warnings.push(message),
      error: () => undefined,
    }
    const { worker } = await serve((_req, res) => res.end('ok'), { resumeFile }, { log })
    expect(worker.resume.size).toBe(0)
    expect(warnings[0]).toContain('cannot read the résumé')
  })
})

describe('a résumé that no frame holds', () => {
  const nameOf = (at: number) => `tenant-${at}-`.padEnd(60, 'x')

  async function bigResumeFile(classes: number): Promise<string> {
    const file = await temporaryFile('resume')
    const skills = Array.from({ length: classes }, (_, at) => [nameOf(at), { score: at + 1 }])
    await writeFile(file, JSON.stringify({ resumelb: 'resume', version: 1, skills }))
    return file
  }

  test('is sent in pieces, the most recent last, and does not delay responses', async () => {
    const classes = 300_000
    const resumeFile = await bigResumeFile(classes)
    const { balancer } = await serve((_req, res) => res.end('ok'), {
      resumeFile,
      maxClasses: classes,
    })
    expect((await balancer.fetch()).text).toBe('ok')
    const known = () => balancer.changes.reduce((sum, changes) => sum + changes.size, 0)
    const begun = balancer.hello.worker?.resume.size ?? 0
    expect(begun).toBe(1000)
    await until(() => begun + known() >= classes, 'the whole résumé', 240_000)
    const told = new Map(balancer.hello.worker?.resume)
    for (const changes of balancer.changes) {
      for (const [name, skill] of changes) if (skill) told.set(name, skill)
    }
    expect(told.get(nameOf(classes - 1))?.score).toBeCloseTo(classes)
    expect(told.get(nameOf(0))?.score).toBeCloseTo(1)
  }, 300_000)

  test('is read whole by getResume', async () => {
    const classes = 30_000
    const resumeFile = await bigResumeFile(classes)
    const { worker } = await serve((_req, res) => res.end('ok'), {
      resumeFile,
      maxClasses: classes,
    })
    const { resume } = await getResume(worker.address, 60_000)
    expect(resume.size).toBe(classes)
  })
})

describe('concurrency', () => {
  test('lets only so many handlers run, the others in order', async () => {
    const { waiting, handler } = held()
    const { balancer } = await serve(handler, { concurrency: 2 })
    const calls = ['/1', '/2', '/3', '/4'].map((url) => balancer.call({ url }))
    await until(() => waiting.length === 2)
    waiting[1]?.response.end('two')
    await calls[1]?.answer
    await until(() => waiting.length === 3)
    expect(waiting.map(({ url }) => url)).toEqual(['/1', '/2', '/3'])
  })

  test('passes the slot of a request that was given up while it waited to the next', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler, { concurrency: 1 })
    balancer.call({ url: '/1' })
    const second = balancer.call({ url: '/2' })
    balancer.call({ url: '/3' })
    await until(() => waiting.length === 1)
    second.stream.reset('CANCELLED')
    await until(() => worker.backlog === 2)
    waiting[0]?.response.end()
    await until(() => waiting.length === 2)
    expect(waiting[1]?.url).toBe('/3')
  })

  test('frees the slot of a request that was given up', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler, { concurrency: 1 })
    const first = balancer.call({ url: '/1' })
    await until(() => waiting.length === 1)
    first.stream.reset('CANCELLED')
    balancer.call({ url: '/2' })
    await until(() => waiting.length === 2)
    expect([waiting[0]?.response.destroyed, worker.backlog]).toEqual([true, 1])
  })

  test('changes while the worker runs, and goes back to its default', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler, { concurrency: 1 })
    for (const url of ['/1', '/2', '/3']) balancer.call({ url })
    await until(() => waiting.length === 1)
    worker.updateSettings({ concurrency: 2 })
    await until(() => waiting.length === 2)
    await until(() => balancer.loads.at(-1)?.concurrency === 2)
    worker.updateSettings({})
    await until(() => waiting.length === 3)
    await until(() => balancer.loads.at(-1)?.concurrency === unlimitedConcurrency)
    const isUnlimited = () => balancer.loads.at(-1)?.unlimited === true
    expect(isUnlimited()).toBe(true)
    // Nothing else changes.
    worker.updateSettings({ concurrency: unlimitedConcurrency })
    await until(() => !isUnlimited())
    worker.updateSettings({})
    await until(isUnlimited)
  })

  test('has no limit by default', async () => {
    const { waiting, handler } = held()
    const { balancer } = await serve(handler)
    const count = 500
    for (let i = 0; i < count; i++) balancer.call({ url: `/${i}` })
    await until(() => waiting.length === count)
    expect(balancer.hello.worker?.load.concurrency).toBe(unlimitedConcurrency)
  })
})

describe('settings', () => {
  test('of the résumé change while the worker runs, and go back to their defaults', async () => {
    const { worker, balancer } = await serve((_req, res) => res.end('ok'))
    for (const requestClass of ['a', 'b', 'c']) await balancer.fetch({ requestClass })
    worker.updateSettings({ maxClasses: 2 })
    expect([...worker.resume.keys()]).toEqual(['b', 'c'])
    worker.updateSettings({})
    for (const requestClass of ['d', 'e']) await balancer.fetch({ requestClass })
    expect([...worker.resume.keys()]).toEqual(['b', 'c', 'd', 'e'])
  })

  test('that cannot be are refused, and the old ones stay', async () => {
    const { worker } = await serve((_req, res) => res.end('ok'), { concurrency: 3 })
    expect(() => worker.updateSettings({ concurrency: 5, history: 0 })).toThrow('history')
    const { hello } = await TestBalancer.connect(worker)
    expect(hello.worker?.load.concurrency).toBe(3)
  })
})

describe('what balancers get', () => {
  test('a report counts what the other balancers have here', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler)
    const other = await TestBalancer.connect(worker)
    other.call({ url: '/1' })
    other.call({ url: '/2' })
    await until(() => waiting.length === 2)
    const mine = balancer.call({ url: '/3' })
    await until(() => waiting.length === 3)
    waiting[2]?.response.end()
    const { report } = await mine.answer
    expect(report?.others.requests).toBe(2)
    expect(report?.others.seconds).toBeGreaterThan(0)
    expect(worker.backlog).toBe(2)
  })

  test('the load comes when it has changed', async () => {
    const { handler } = held()
    const { balancer } = await serve(handler)
    balancer.call()
    await until(() => balancer.loads.some(({ requests }) => requests === 1))
  })
})

describe('draining', () => {
  test('tells the balancers, finishes what is in progress, then resolves', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler)
    const call = balancer.call()
    await until(() => waiting.length === 1)
    let isDrained = false
    const drained = worker.drain().then(() => {
      isDrained = true
    })
    await until(() => balancer.loads.at(-1)?.state === 'draining')
    expect(isDrained).toBe(false)
    waiting[0]?.response.end('at last')
    expect((await call.answer).text).toBe('at last')
    balancer.connection.close()
    await drained
  })

  test('serves what was on its way when it began', async () => {
    const { worker, balancer } = await serve((_req, res) => res.end('ok'))
    const drained = worker.drain()
    expect((await balancer.fetch()).text).toBe('ok')
    balancer.connection.close()
    await drained
  })

  test('refuses what comes a second after it began, so that it can go elsewhere', async () => {
    const { waiting, handler } = held()
    const clock = new ManualClock()
    const { worker, balancer } = await serve(handler, { coldLoadTimeout: 0 }, { clock })
    balancer.call()
    await until(() => waiting.length === 1)
    void worker.drain()
    await clock.advance(999)
    balancer.call()
    await until(() => waiting.length === 2)
    await clock.advance(1)
    await expect(balancer.fetch()).rejects.toThrow('reset: REFUSED')
    expect(waiting.length).toBe(2)
  })

  test('ends with the last request, once no more can come', async () => {
    const { waiting, handler } = held()
    const clock = new ManualClock()
    const { worker, balancer } = await serve(handler, {}, { clock })
    const call = balancer.call()
    await until(() => waiting.length === 1)
    const drained = worker.drain()
    await clock.advance(1_000)
    waiting[0]?.response.end('at last')
    expect((await call.answer).text).toBe('at last')
    await drained
  })

  test('waits for the bytes that a slow reader has not taken, and closing loses none', async () => {
    const clock = new ManualClock()
    const handler = (_req: unknown, res: ServerResponse) => res.end(Buffer.alloc(300_000))
    const { worker, balancer } = await serve(handler, {}, { clock })
    const call = balancer.call({ isSlow: true })
    await call.head
    let isDrained = false
    const drained = worker.drain().then(() => {
      isDrained = true
    })
    await clock.advance(1_000)
    // A request that comes now is refused, and the response of the earlier one is not cut off.
    await expect(balancer.fetch()).rejects.toThrow('reset: REFUSED')
    expect([worker.backlog, isDrained]).toEqual([0, false])
    call.readOn()
    await drained
    await worker.close()
    expect((await call.answer).body.length).toBe(300_000)
    expect(await balancer.closed).toBe('CLOSED')
  })

  test('resolves for every caller', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler)
    balancer.call()
    await until(() => waiting.length === 1)
    const both = [worker.drain(), worker.drain()]
    waiting[0]?.response.end()
    balancer.connection.close()
    await Promise.all(both)
  })

  test('comes to its end when the worker is closed', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler)
    balancer.call()
    await until(() => waiting.length === 1)
    const drained = worker.drain()
    await Promise.all([worker.close(), worker.close(), drained])
    expect(waiting[0]?.response.destroyed).toBe(true)
  })

  test('takes no new connections', async () => {
    const { worker } = await serve((_req, res) => res.end('ok'))
    const { port } = worker.address as TcpAddress
    void worker.drain()
    const late = { address: { host: '127.0.0.1', port } } as Worker
    await expect(TestBalancer.connect(late)).rejects.toThrow()
  })
})

describe('bodies', () => {
  test('a slow balancer holds the handler back', async () => {
    let written = 0
    const { balancer } = await serve((_req, res) => {
      const more = () => {
        while (written < 10_000_000) {
          written += 65_536
          if (!res.write(Buffer.alloc(65_536))) return res.once('drain', more)
        }
        return res.end()
      }
      more()
    })
    const call = balancer.call({ isSlow: true })
    await call.head
    await until(() => call.received() >= 65_536)
    for (let i = 0; i < 50; i++) await new Promise(setImmediate)
    expect(written).toBeLessThan(1_000_000)
    call.readOn()
    expect((await call.answer).body.length).toBeGreaterThanOrEqual(10_000_000)
  })

  test('a handler that does not read holds the balancer back', async () => {
    const { balancer } = await serve(() => undefined)
    const call = balancer.call({ isOpen: true, method: 'POST' })
    for (let i = 0; i < 100; i++) call.stream.write(Buffer.alloc(65_536))
    for (let i = 0; i < 50; i++) await new Promise(setImmediate)
    expect(call.stream.queuedBytes).toBeGreaterThan(6_000_000)
  })

  test('a client that leaves in the middle of a download ends the handler’s stream', async () => {
    const events: string[] = []
    const { worker, balancer } = await serve((req, res) => {
      req.on('close', () => events.push('request closed'))
      res.on('close', () => events.push(`response closed, finished ${res.writableFinished}`))
      res.write('beginning')
    })
    const call = balancer.call()
    await call.head
    call.stream.reset('CANCELLED')
    await until(() => events.length === 2)
    expect(events).toContain('response closed, finished false')
    expect([worker.backlog, worker.resume.size]).toEqual([0, 0])
  })

  test('a client that leaves in the middle of an upload aborts the request', async () => {
    const events: string[] = []
    const { balancer } = await serve((req) => {
      req.on('aborted', () => events.push('aborted'))
      req.on('error', (error: NodeJS.ErrnoException) => events.push(String(error.code)))
      req.on('close', () => events.push(`closed, destroyed ${req.destroyed}`))
      req.resume()
    })
    const call = balancer.call({ isOpen: true, method: 'POST' })
    call.stream.write(Buffer.from('half'))
    await new Promise(setImmediate)
    call.stream.reset('CANCELLED')
    await until(() => events.some((event) => event.startsWith('closed')))
    expect(events).toEqual(['aborted', 'ECONNRESET', 'closed, destroyed true'])
  })

  test('a balancer that breaks ends its requests only', async () => {
    const { waiting, handler } = held()
    const { worker, balancer } = await serve(handler)
    const other = await TestBalancer.connect(worker)
    balancer.call()
    const kept = other.call()
    await until(() => waiting.length === 2)
    balancer.connection.destroy()
    await until(() => worker.backlog === 1)
    for (const { response } of waiting) response.end('ok')
    expect((await kept.answer).text).toBe('ok')
  })
})

describe('the trace log', () => {
  test('has a line for each step, and the application’s own', async () => {
    const tracelog = await temporaryFile('trace')
    const { worker, balancer } = await serve(
      (req, res) => {
        ;(req as unknown as { resumelb: RequestFacts }).resumelb.trace('42\nrows')
        res.end('hello')
      },
      { tracelog },
    )
    await balancer.fetch({ url: '/a?b' })
    await worker.close()
    await until(() => true)
    let text = ''
    while (!text.includes('\nX ')) text = await readFile(tracelog, 'utf8')
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => line[0]).join('')).toBe('SBIC-AEX')
    expect(lines[1]).toMatch(/^B test-\d+ \d{4}-\d\d-\d\dT[\d:.]+Z GET \/a\?b$/)
    expect(lines[4]).toMatch(/ 42 rows$/)
    expect(lines[5]).toMatch(/ 200 5$/)
  })
})

describe('a log', () => {
  test('is standard error for warnings and errors if none is given', async () => {
    const code = `
      import { Worker } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
      const worker = new Worker(() => { throw new Error('boom') })
      const { port } = await worker.listen()
      process.stdout.write(String(port))
      process.on('SIGTERM', () => process.exit())
    `
    const child = spawn(process.execPath, [
      ...['--import', 'tsx', '--conditions=@resumelb/source', '--input-type=module', '-e', code],
    ])
    try {
      let stderr = ''
      child.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      const [port] = await once(child.stdout, 'data')
      const address = { host: '127.0.0.1', port: Number(port) }
      const balancer = await TestBalancer.connect({ address } as Worker)
      expect((await balancer.fetch()).status).toBe(500)
      await until(() => stderr.includes('\n'))
      const line = JSON.parse(stderr.split('\n')[0] as string)
      expect(line).toMatchObject({
        level: 'error',
        msg: 'handler failed',
        err: { message: 'boom' },
      })
      balancer.connection.close()
    } finally {
      child.kill()
      await once(child, 'close')
    }
  })
})

describe('time', () => {
  test('is that of the clock for connections too', async () => {
    const clock = new ManualClock()
    const { worker } = await serve((_req, res) => res.end('ok'), {}, { clock })
    const socket = connect(worker.address as TcpAddress)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await until(() => chunks.length > 0)
    const closed = once(socket, 'close')
    await clock.advance(defaultConnectionOptions.helloTimeout)
    await closed
    expect(Buffer.concat(chunks).toString('latin1')).toContain('no HELLO in 5000 ms')
  })
})

describe('listening', () => {
  test('rejects where the address is taken', async () => {
    const { worker } = await serve((_req, res) => res.end('ok'))
    const second = new Worker((_req, res) => res.end())
    await expect(second.listen(worker.address)).rejects.toThrow('EADDRINUSE')
    await second.close()
  })

  test.each([
    [{ concurrency: 0 }, 'Expected concurrency to be a whole number from 1'],
    [{ history: Number.NaN }, 'Expected history to be a number from 1'],
  ])('refuses %o', (options, message) => {
    expect(() => new Worker(() => undefined, options)).toThrow(message)
  })
})
