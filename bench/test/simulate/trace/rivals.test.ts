import { describe, expect, test } from 'vitest'
import { EventQueue } from '../../../simulate/event-queue.ts'
import { Random } from '../../../simulate/random.ts'
import type { ModelWorker } from '../../../simulate/trace/model-worker.ts'
import { rivals } from '../../../simulate/trace/rivals.ts'
import type { Router } from '../../../simulate/trace/router.ts'
import type { TraceRow } from '../../../simulate/trace/trace.ts'

const idle: ModelWorker = {
  ...{ concurrency: 1, busy: 0, backlog: 0, waiting: 0, cacheUse: 0 },
  overlap: () => 0,
  seconds: () => 1,
  wait: () => 0,
  receive: () => {},
}

function routerOf(name: string, workers: readonly ModelWorker[]): Router {
  const policy = rivals.find((rival) => rival.name === name)
  if (policy === undefined) throw new Error(`no rival ${name}`)
  const random = new Random('1')
  return policy.create({ workers, reporters: [], balancer: 0, events: new EventQueue(), random })
}

const row = (name: string, blocks: readonly number[] = [1]): TraceRow => {
  return { t: 0, class: name, blocks, in: 512 * blocks.length }
}

describe('KubeAI PrefixHash', () => {
  test('sends a conversation to one worker while that has at most 1.25 times the mean', () => {
    const router = routerOf('KubeAI PrefixHash', [idle, idle, idle, idle])
    const home = router.route(row('a')).worker
    // Four in progress, the next one included, are one for each worker: 1.25 at most.
    const next = Array.from({ length: 3 }, () => router.route(row('a')).worker)
    expect(next.slice(0, 2)).toEqual([home, home])
    expect(next[2]).not.toBe(home)
  })

  test('returns when requests have ended', () => {
    const router = routerOf('KubeAI PrefixHash', [idle, idle, idle, idle])
    const first = router.route(row('a'))
    first.done?.({ hit: 0, of: 1, seconds: 1, firstSeconds: 1 })
    expect(router.route(row('a')).worker).toBe(first.worker)
  })
})

describe('GIE default', () => {
  test('goes where the beginning of the prompt was sent', () => {
    const router = routerOf('GIE default', [idle, idle, idle, idle])
    const { worker } = router.route(row('a', [1, 2, 3]))
    for (let i = 0; i < 10; i++) expect(router.route(row('b', [1, 2, 3, 4])).worker).toBe(worker)
  })

  test('prefers short queues and caches in little use', () => {
    const queueing = { ...idle, waiting: 3 }
    const full = { ...idle, cacheUse: 0.9 }
    const router = routerOf('GIE default', [queueing, idle, full])
    for (let i = 0; i < 10; i++) expect(router.route(row(`${i}`, [i])).worker).toBe(1)
  })

  test('compares no more than the first 4,096 tokens', () => {
    const router = routerOf('GIE default', [idle, idle, idle, idle])
    const beginning = [1, 2, 3, 4, 5, 6, 7, 8]
    const { worker } = router.route(row('a', [...beginning, 9]))
    expect(router.route(row('b', [...beginning, 10, 11, 12, 13])).worker).toBe(worker)
  })
})
