import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { silentLogger } from '@resumelb/common'
import { ManualClock, settle } from '@resumelb/common/testing'
import type { StreamHandler } from '@resumelb/protocol'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { WorkerLink } from '../../src/workers/worker-link.ts'
import { startWorker, until } from '../support/balancer.ts'
import { headOf } from '../support/head-of.ts'
import { plain, reported, silent, type TinyWorker } from '../support/tiny-worker.ts'

const head = headOf('GET')

/** A link that tells what it reports. */
function openLink(address: string, clock: ManualClock, told: string[]): WorkerLink {
  const ignore = () => undefined
  const listener = {
    onUpdate: ignore,
    onHandOver: ignore,
    onStage: ignore,
    onUnresponsive: (_link: unknown, is: boolean) => {
      told.push(is ? 'unresponsive' : 'responsive')
    },
    onLost: () => told.push('lost'),
    onClosed: ignore,
  }
  const link = new WorkerLink(
    { address, share: {} },
    {
      identity: { role: 'balancer', software: 'test', id: 'test' },
      clock,
      random: () => 0.5,
      log: silentLogger,
      connectTimeout: 5000,
      listener,
    },
  )
  onTestFinished(() => link.close())
  return link
}

describe('the connection to a worker that is silent', () => {
  let clock: ManualClock
  let worker: TinyWorker
  let link: WorkerLink
  let told: string[]

  beforeEach(async () => {
    clock = new ManualClock()
    told = []
    worker = await startWorker(silent)
    link = openLink(worker.address, clock, told)
    await until(() => link.isReady)
  })

  const pass = async (seconds: number) => {
    for (let half = 0; half < 2 * seconds; half++) await clock.advance(500)
  }

  /** Lets time pass until the connection is lost, while the kernel does its part. */
  const passUntilLost = () =>
    until(async () => {
      await clock.advance(500)
      return told.includes('lost')
    })

  /** Lets time pass until the worker has a probe that it does not answer, and 60 s more. */
  const passWithProbe = async () => {
    await pass(2)
    await until(() => worker.frozen === 1)
    // The other end of it learns that in the next iterations of the event loop.
    for (let turn = 0; turn < 10; turn++) await settle()
    await pass(60)
  }

  /** Sends a request; its events are told. */
  const ask = () => {
    const handler: StreamHandler = {
      onResponse: ({ status }) => told.push(`status ${status}`),
      onData: () => undefined,
      onEnd: () => undefined,
      onReset: (code) => told.push(`reset ${code}`),
      onDrain: () => undefined,
    }
    link.request(head, undefined, true, handler)
  }

  test('takes no new requests when a PING is not answered for half a second', async () => {
    worker.freeze()
    await pass(1)
    expect(link.isReady).toBe(true)
    await pass(0.5)
    expect(link.isReady).toBe(false)
    expect(link.isOpen).toBe(false)
    expect(link.traits?.unresponsive).toBe(true)
    expect(link.snapshot().state).toBe('unresponsive')
    expect(told).toEqual(['unresponsive'])
  })

  test('is kept, with its requests, while the kernel of the worker accepts a connection', async () => {
    ask()
    const { stream } = await worker.caught(1)
    worker.freeze()
    await passWithProbe()
    expect(told).toEqual(['unresponsive'])
    worker.thaw()
    stream.respond(plain, undefined, reported)
    await until(() => told.length === 3)
    expect(told).toEqual(['unresponsive', 'responsive', 'status 200'])
    expect(link.isReady).toBe(true)
    // That of the probe is closed.
    await until(() => worker.connections.size === 1)
  })

  test('ends when the worker accepts no connections, as after the loss of its host', async () => {
    ask()
    await worker.caught(1)
    worker.freeze()
    worker.stopListening()
    await pass(9.5)
    expect(told).toEqual(['unresponsive'])
    await passUntilLost()
    expect(told).toEqual(['unresponsive', 'reset DISCONNECTED', 'lost'])
  })

  test('is kept while a draining worker, which listens no longer, refuses a connection', async () => {
    ask()
    const { stream } = await worker.caught(1)
    worker.tell({ state: 'draining' })
    await until(() => link.isDraining)
    worker.freeze()
    worker.stopListening()
    const { pending } = clock
    await pass(2)
    // Until the refusal has arrived.
    await until(() => clock.pending > pending)
    await pass(60)
    worker.thaw()
    stream.respond(plain, undefined, reported)
    await until(() => told.includes('status 200'))
    expect(told.slice(0, 3)).toEqual(['unresponsive', 'responsive', 'status 200'])
  })

  test('ends when the worker answers other connections, but not this one', async () => {
    ask()
    await worker.caught(1)
    worker.forgetConnections()
    await pass(9.5)
    expect(told).toEqual(['unresponsive'])
    await passUntilLost()
    expect(told).toEqual(['unresponsive', 'reset DISCONNECTED', 'lost'])
    await pass(1)
    await until(() => link.isReady)
  })

  test('ends when the host is lost after it has accepted a connection', async () => {
    ask()
    await worker.caught(1)
    worker.freeze()
    await passWithProbe()
    expect(told).toEqual(['unresponsive'])
    worker.stopListening()
    worker.dropFrozen()
    await passUntilLost()
    expect(told).toEqual(['unresponsive', 'reset DISCONNECTED', 'lost'])
  })
})

test('a server that says nothing is not an unresponsive worker: it sends no HELLO in time', async () => {
  let accepted = 0
  const server = createServer((socket) => {
    accepted++
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined).resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const clock = new ManualClock()
  const told: string[] = []
  const { port } = server.address() as AddressInfo
  const link = openLink(`127.0.0.1:${port}`, clock, told)
  await until(async () => {
    await clock.advance(500)
    return link.snapshot().lastFailure?.code === 'HELLO_TIMEOUT'
  })
  expect(accepted).toBeGreaterThan(0)
  expect(told).not.toContain('unresponsive')
})
