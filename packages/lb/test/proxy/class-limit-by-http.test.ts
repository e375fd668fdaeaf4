import { describe, expect, test } from 'vitest'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import { ask, open, startBalancer, startWorker, until } from '../support/balancer.ts'
import { answer } from '../support/tiny-worker.ts'

const host = (name: string) => ({ headers: { host: name } })

/** A worker that answers no request of the class `slow`. */
async function setUp(options: LoadBalancerOptions = {}) {
  const worker = await startWorker((caught) => {
    if (caught.head.requestClass !== 'slow') answer('hello')(caught)
  })
  const { balancer, port, ended } = await startBalancer([worker], options)
  const hold = () => {
    const sent = open(port, host('slow'))
    sent.on('error', () => undefined).end()
    return sent
  }
  return { worker, balancer, port, ended, hold }
}

describe('--class-limit', () => {
  test('rejects what is too much of one class with 429, and serves others', async () => {
    const { worker, port, ended, hold } = await setUp({ classLimit: 2 })
    const held = [hold(), hold()]
    await worker.caught(2)
    const got = await ask(port, host('slow'))
    expect([got.status, got.headers['retry-after']]).toEqual([429, '1'])
    expect((await ask(port, host('quick'))).status).toBe(200)
    await until(() => ended.length >= 2)
    expect(ended.map(({ reason }) => reason)).toContain('CLASS_LIMIT')
    held[0]?.socket?.resetAndDestroy()
    await until(() => ended.length === 3)
    hold()
    await worker.caught(4)
  })

  test('lets requests wait until one of their class has ended', async () => {
    const { worker, port, balancer, hold } = await setUp({
      classLimit: 1,
      classLimitAction: 'wait',
    })
    const held = hold()
    await worker.caught(1)
    hold()
    await until(() => balancer.waiting === 1)
    expect(balancer.waitingForClass).toBe(1)
    expect((await ask(port, host('quick'))).status).toBe(200)
    held.socket?.resetAndDestroy()
    await worker.caught(3)
    expect(balancer.waiting).toBe(0)
  })

  test('rejects what has waited for too long', async () => {
    const options = { classLimit: 1, classLimitAction: 'wait', waitTimeout: 50 } as const
    const { worker, port, hold } = await setUp(options)
    hold()
    await worker.caught(1)
    expect((await ask(port, host('slow'))).status).toBe(429)
  })

  test('can be changed at run time', async () => {
    const { worker, balancer, port, hold } = await setUp()
    hold()
    await worker.caught(1)
    balancer.updateLimits({ classLimit: 1 })
    hold()
    await worker.caught(2)
    expect((await ask(port, host('slow'))).status).toBe(429)
  })
})
