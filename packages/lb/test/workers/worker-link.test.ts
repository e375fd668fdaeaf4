import { type AddressInfo, createServer } from 'node:net'
import { type Logger, parseAddress, type TcpAddress } from '@resumelb/common'
import { ManualClock, serverHost } from '@resumelb/common/testing'
import type { Identity, StreamHandler } from '@resumelb/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { WorkerUpdate } from '../../src/pool/pool.ts'
import { WorkerLink } from '../../src/workers/worker-link.ts'
import type { WorkerShare } from '../../src/workers/worker-spec.ts'
import { startWorker, until } from '../support/balancer.ts'
import { headOf } from '../support/head-of.ts'
import { plain, reported, silent, type TinyWorker } from '../support/tiny-worker.ts'

function openLink(address: string, says: Partial<Identity> = {}, share: WorkerShare = {}) {
  const clock = new ManualClock()
  const news: WorkerUpdate[] = []
  const events: string[] = []
  const lines: { level: string; message: string; facts: Readonly<Record<string, unknown>> }[] = []
  const say =
    (level: string): Logger['info'] =>
    (facts, message) => {
      lines.push({ level, message, facts })
    }
  const link = new WorkerLink(
    { address, share },
    {
      identity: { role: 'balancer', software: 'test', id: 'test', ...says },
      clock,
      random: () => 0.5,
      log: {
        ...{ debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') },
      },
      connectTimeout: 5000,
      listener: {
        onUpdate: (_link, item, moreSkills) => {
          news.push(item)
          if (moreSkills) events.push(`${moreSkills} more skills`)
        },
        onHandOver: () => undefined,
        onStage: (_link, stage) => events.push(stage),
        onUnresponsive: () => events.push('unresponsive'),
        onLost: (_link, reason) => events.push(`lost: ${reason}`),
        onClosed: () => events.push('closed'),
      },
    },
  )
  onTestFinished(() => link.close())
  return { link, clock, news, events, lines }
}

const portOf = (address: string) => (parseAddress(address) as TcpAddress).port

const head = headOf('POST')

/** A handler that ignores what becomes of a request. */
const deaf: StreamHandler = {
  onResponse: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onDrain: () => undefined,
}

describe('WorkerLink', () => {
  test('reports what the worker is warm for', async () => {
    const worker = await startWorker()
    const { news } = openLink(worker.address)
    await until(() => news.length === 1)
    const warmth = { whole: true, warm: [1, 2], gone: [] } as const
    for (const connection of worker.connections) connection.sendWarmth(warmth)
    await until(() => news.length === 2)
    expect(news[1]).toEqual({ warmth })
  })

  test("reports the worker's traits and résumé as soon as it is connected", async () => {
    const worker = await startWorker()
    worker.version = '7'
    const { link, news } = openLink(worker.address)
    expect(link.state).toBe('connecting')
    await until(() => link.isReady)
    expect(news).toEqual([
      {
        traits: { key: worker.address, concurrency: 100, version: '7', state: 'ready' },
        resume: new Map(),
      },
    ])
  })

  test('passes a long résumé on in parts, and says at first how many skills follow', async () => {
    const worker = await startWorker()
    const skill = { score: 50, seconds: 0.02, count: 3, rate: 0.5 }
    const names = Array.from({ length: 2_500 }, (_, at) => `c${at}`)
    worker.resume = new Map(names.map((name) => [name, skill]))
    const { news, events } = openLink(worker.address)
    await until(() => news.length === 3)
    expect(news.map(({ resume }) => resume?.size)).toEqual([1_000, undefined, undefined])
    expect(news.map(({ changes }) => changes?.size)).toEqual([undefined, 1_000, 500])
    expect(events).toEqual(['1500 more skills'])
  })

  test('has the number of unsent bytes, which is 0 without a connection', async () => {
    const worker = await startWorker()
    const { link } = openLink(worker.address)
    expect(link.snapshot().unsentLength).toBe(0)
    await until(() => link.isReady)
    const handler = {
      onData: () => undefined,
      onEnd: () => undefined,
      onReset: () => undefined,
      onDrain: () => undefined,
    }
    link.request(head, Buffer.alloc(10_000), true, handler)
    expect(link.snapshot().unsentLength).toBeGreaterThan(10_000)
    link.close()
    expect(link.snapshot().unsentLength).toBe(0)
  })

  test("reports changes of the worker's résumé and state", async () => {
    const worker = await startWorker()
    const { link, news } = openLink(worker.address)
    await until(() => link.isReady)
    const skill = { score: 1, seconds: 1, count: 1, rate: 1 }
    const [connection] = worker.connections
    connection?.sendResume(new Map([['a', skill]]), false)
    await until(() => news.length === 2)
    connection?.sendResume(new Map([['b', skill]]), true)
    await until(() => news.length === 3)
    worker.tell({ requests: 5 })
    await until(() => link.snapshot().load?.requests === 5)
    worker.tell({ concurrency: 3 })
    await until(() => news.length === 4)
    expect(news.slice(1)).toEqual([
      { changes: new Map([['a', skill]]) },
      { resume: new Map([['b', skill]]) },
      { traits: expect.objectContaining({ concurrency: 3, state: 'ready' }) },
    ])
  })

  test('tries again, each time later, until the worker is there', async () => {
    const worker = await startWorker()
    const { address } = worker
    await worker.close()
    const { link, clock } = openLink(address)
    for (const delay of [100, 200, 400]) {
      await until(() => link.state === 'waiting')
      await clock.advance(delay - 1)
      expect(link.state).toBe('waiting')
      await clock.advance(1)
      expect(link.state).not.toBe('closed')
    }
    await until(() => link.state === 'waiting')
    await worker.listen(portOf(address))
    await clock.advance(800)
    await until(() => link.isReady)
  })

  test('connects again after the connection is lost', async () => {
    const worker = await startWorker()
    const { link, clock, events } = openLink(worker.address)
    await until(() => link.isReady)
    worker.breakConnections()
    await until(() => link.state === 'waiting')
    expect(events).toEqual([expect.stringMatching(/^lost: connection lost/)])
    await clock.advance(100)
    await until(() => link.isReady)
    expect(worker.accepted).toBe(2)
  })

  test('says what is wrong if another kind of server answers', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const { link, lines } = openLink(`127.0.0.1:${(server.address() as AddressInfo).port}`)
    await until(() => link.state === 'waiting')
    expect(lines[0]?.facts['code']).toBe('NOT_RESUMELB')
    expect(lines[0]?.facts['reason']).toContain('Is this the address of a resumelb-worker?')
  })

  test('logs a new reason, although the worker was unreachable before', async () => {
    const worker = await startWorker()
    const { address } = worker
    await worker.close()
    const { link, clock, lines } = openLink(address)
    await until(() => link.state === 'waiting')
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await new Promise<void>((resolve) => {
      server.listen(portOf(address), serverHost, resolve)
    })
    onTestFinished(() => {
      server.close()
    })
    await clock.advance(100)
    await until(() => lines.length === 2)
    expect(lines.map(({ facts }) => facts['code'])).toEqual(['UNREACHABLE', 'NOT_RESUMELB'])
  })

  test('tries as soon as the first time after a connection that worked', async () => {
    const worker = await startWorker()
    const { address } = worker
    await worker.close()
    const { link, clock, lines } = openLink(address)
    for (const delay of [100, 200, 400]) {
      await until(() => link.state === 'waiting')
      await clock.advance(delay)
    }
    await until(() => link.state === 'waiting')
    await worker.listen(portOf(address))
    await clock.advance(800)
    await until(() => link.isReady)
    await clock.advance(1_000)
    worker.breakConnections()
    await until(() => link.state === 'waiting')
    expect(lines.at(-1)?.facts).toMatchObject({ code: 'DISCONNECTED', retrySeconds: 0.1 })
  })

  test('warns of no worker that has announced its end, and of one that has not', async () => {
    const ends: [level: string, end: (worker: TinyWorker) => void][] = [
      // Of a worker that drains, the load balancer closes the connection.
      ['info', (worker) => worker.tell({ state: 'draining' })],
      ['warn', ({ connections }) => [...connections][0]?.close('stopped')],
    ]
    for (const [level, end] of ends) {
      const worker = await startWorker()
      const { link, lines } = openLink(worker.address)
      await until(() => link.isReady)
      end(worker)
      await until(() => link.state === 'waiting')
      expect(lines.map((line) => [line.level, line.facts['code']])).toEqual([[level, 'CLOSED']])
    }
  })

  test('stops trying when it is retired or closed', async () => {
    const worker = await startWorker()
    const { address } = worker
    await worker.close()
    for (const end of ['retire', 'close'] as const) {
      const { link, clock, events } = openLink(address)
      await until(() => link.state === 'waiting')
      link[end]()
      expect(link.state).toBe('closed')
      expect(events).toEqual(['closed'])
      expect(clock.pending).toBe(0)
    }
  })

  test('that is released goes on until its connection breaks, and is over then', async () => {
    const worker = await startWorker()
    const { link, events } = openLink(worker.address)
    await until(() => link.isReady)
    link.release()
    expect([link.isReady, link.traits?.state, events]).toEqual([true, 'ready', []])
    await worker.close()
    await until(() => events.length > 0)
    expect([link.state, events]).toEqual(['closed', ['closed']])
  })

  test('that is released and recalled is as if nothing had been', async () => {
    const worker = await startWorker()
    const { link, events } = openLink(worker.address)
    await until(() => link.isReady)
    link.release()
    link.recall({})
    expect(worker.connections.size).toBe(1)
    await worker.close()
    await until(() => events.length > 0)
    expect(link.state).toBe('waiting')
    expect(events).toEqual([expect.stringMatching(/^lost: connection lost/)])
  })

  test('that is released while it has no connection is over', async () => {
    const worker = await startWorker()
    const { address } = worker
    await worker.close()
    const { link, events } = openLink(address)
    await until(() => link.state === 'waiting')
    link.release()
    expect([link.state, events]).toEqual(['closed', ['closed']])
  })

  /** A link with two requests in progress, retired; the clock stands still all the time. */
  async function retireInUse() {
    const worker = await startWorker(silent)
    const opened = openLink(worker.address)
    const { link, news } = opened
    await until(() => link.isReady)
    const told: string[] = []
    const handler = { ...deaf, onResponse: () => void told.push('answered') }
    for (let count = 0; count < 2; count++) link.request(head, undefined, true, handler)
    await worker.caught(2)
    link.retire()
    const answer = async (at: number) => {
      worker.requests[at]?.stream.respond(plain, undefined, reported)
      await until(() => told.length === at + 1)
    }
    /** Resolves when everything that the worker has sent before has been read. */
    const heardAll = async () => {
      const before = news.length
      worker.tell({ concurrency: worker.load.concurrency + 1 })
      await until(() => news.length > before)
    }
    return { ...opened, worker, answer, heardAll }
  }

  test('that is retired closes when its last request ends, and not before', async () => {
    const { link, events, answer, heardAll } = await retireInUse()
    await answer(0)
    await heardAll()
    expect([link.state, events]).toEqual(['leaving', []])
    await answer(1)
    await until(() => link.state === 'closed')
    expect(events).toEqual(['closed'])
  })

  test('that is recalled before its last request has ended stays', async () => {
    const { link, events, answer, heardAll } = await retireInUse()
    link.recall({})
    await answer(0)
    await answer(1)
    await heardAll()
    expect([link.state, events]).toEqual(['ready', []])
  })

  test('that is retired is draining, and closes by itself', async () => {
    const worker = await startWorker()
    const { link, news, events } = openLink(worker.address)
    await until(() => link.isReady)
    link.retire()
    expect(news.at(-1)).toEqual({ traits: expect.objectContaining({ state: 'draining' }) })
    await until(() => link.state === 'closed')
    expect(events).toEqual(['closed'])
    link.retire()
    link.close()
    link.recall({})
    expect(events).toEqual(['closed'])
  })
})

describe('the traits of a worker', () => {
  test('have what it says of itself', async () => {
    const worker = await startWorker()
    worker.says = { standby: true, capacity: 2 }
    const { link } = openLink(worker.address)
    await until(() => link.traits !== undefined)
    expect(link.traits).toMatchObject({ standby: true, capacity: 2 })
  })

  test('have a concurrency that is only assumed until the worker gets a limit', async () => {
    const worker = await startWorker()
    worker.says = { unlimited: true }
    const { link } = openLink(worker.address)
    await until(() => link.traits !== undefined)
    expect(link.snapshot()).toMatchObject({ isUnlimited: true })
    worker.tell({ concurrency: 8 })
    await until(() => link.traits?.concurrency === 8)
    expect(link.snapshot()).toMatchObject({ isUnlimited: false })
  })

  test('have a concurrency that is only assumed as long as the worker says so', async () => {
    const worker = await startWorker()
    worker.load = { ...worker.load, concurrency: 4 }
    const { link } = openLink(worker.address)
    const becomes = (isUnlimited: boolean) =>
      until(() => link.traits !== undefined && link.snapshot().isUnlimited === isUnlimited)
    await becomes(false)
    for (const unlimited of [true, false, true]) {
      worker.tell({ unlimited })
      await becomes(unlimited)
    }
  })

  test('have what the operator says instead, now and later', async () => {
    const worker = await startWorker()
    worker.says = { capacity: 2 }
    const { link, news } = openLink(worker.address, {}, { standby: true, capacity: 3 })
    await until(() => link.traits !== undefined)
    expect(link.traits).toMatchObject({ standby: true, capacity: 3 })
    link.recall({})
    expect(link.traits).toMatchObject({ capacity: 2 })
    expect(news.at(-1)?.traits).toEqual(link.traits)
    expect(link.traits?.standby).toBeUndefined()
  })
})

describe('a link to a draining worker that takes requests of sessions', () => {
  const draining = { state: 'draining', takesSessions: true } as const

  test('stays open for them, if the balancer keeps sessions', async () => {
    const worker = await startWorker(silent)
    const { link } = openLink(worker.address, { keepsSessions: true })
    await until(() => link.isReady)
    worker.tell(draining)
    await until(() => !link.isReady)
    expect(link.isOpen).toBe(true)
    expect(link.traits).toMatchObject(draining)
    link.request(head, undefined, true, deaf)
    const caught = await worker.caught(1)
    expect(worker.connections.size).toBe(1)

    worker.tell({ ...draining, takesSessions: false })
    await until(() => !link.isOpen)
    expect(link.traits?.takesSessions).toBeUndefined()
    caught.stream.respond(plain, undefined, reported)
    await until(() => worker.connections.size === 0)
  })

  test('closes as always, if the balancer does not', async () => {
    const worker = await startWorker()
    const { link } = openLink(worker.address)
    await until(() => link.isReady)
    worker.tell(draining)
    await until(() => worker.connections.size === 0)
    expect(link.isOpen).toBe(false)
  })
})

describe('a link to a worker in maintenance', () => {
  const maintenance = { state: 'draining', maintenance: true } as const

  test('stays connected without a request, and is used again afterwards', async () => {
    const worker = await startWorker(silent)
    const { link, events, news } = openLink(worker.address)
    await until(() => link.isReady)
    link.request(head, undefined, true, deaf)
    const caught = await worker.caught(1)
    worker.tell(maintenance)
    await until(() => !link.isOpen)
    expect(news.at(-1)?.traits?.state).toBe('draining')
    caught.stream.respond(plain, undefined, reported)
    await until(() => link.snapshot().backlog === 0)
    worker.tell({ state: 'ready' })
    await until(() => link.isReady)
    expect(news.at(-1)?.traits?.state).toBe('ready')
    expect([worker.accepted, ...events]).toEqual([1, 'maintenance', 'serving'])
  })

  test('that begins with its HELLO connects once, and disconnects when the worker stops', async () => {
    const worker = await startWorker()
    worker.load = { ...worker.load, ...maintenance }
    const { link, events } = openLink(worker.address)
    await until(() => events.length === 1)
    expect([link.isOpen, link.traits?.state]).toEqual([false, 'draining'])
    worker.tell({ state: 'draining', maintenance: false })
    await until(() => worker.connections.size === 0)
    expect([worker.accepted, ...events.slice(0, 2)]).toEqual([1, 'maintenance', 'draining'])
  })
})
