import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { HeldWorkers } from '../../src/workers/held-workers.ts'
import type { Worker } from '../../src/workers/worker.ts'

/** A worker of which only its address and its disconnects matter. */
function fakeWorker(key: string) {
  const disconnects: number[] = []
  const worker = { key, disconnect: () => void disconnects.push(1) } as unknown as Worker
  return { worker, disconnects }
}

describe('held workers', () => {
  test('are disconnected after their deadline, of which the last one counts', async () => {
    const clock = new ManualClock()
    const held = new HeldWorkers(clock)
    const { worker, disconnects } = fakeWorker('a:1')
    held.hold(worker, 1_000)
    held.hold(worker, 5_000)
    await clock.advance(4_999)
    expect([held.has(worker), disconnects.length]).toEqual([true, 0])
    await clock.advance(1)
    expect(disconnects).toHaveLength(1)
  })

  test('stay connected without a deadline, and once they are released', async () => {
    const clock = new ManualClock()
    const held = new HeldWorkers(clock)
    const [one, two] = [fakeWorker('a:1'), fakeWorker('a:2')]
    held.hold(one.worker)
    held.hold(two.worker, 1_000)
    held.release(two.worker)
    await clock.advance(86_400_000)
    expect([one.disconnects, two.disconnects]).toEqual([[], []])
    expect(held.addresses).toEqual(['a:1'])
  })

  test('may be named before they are listed', () => {
    const held = new HeldWorkers(new ManualClock())
    const [one, two] = [fakeWorker('a:1'), fakeWorker('a:2')]
    held.holdLater('a:1')
    held.holdLater('a:2')
    expect(held.addresses).toEqual(['a:1', 'a:2'])
    expect([held.forget('a:2'), held.forget('a:2')]).toEqual([true, false])
    for (const { worker } of [one, two]) held.listed(worker)
    expect([held.has(one.worker), held.has(two.worker)]).toEqual([true, false])
    expect(held.addresses).toEqual(['a:1'])
  })
})
