import { expect, test } from 'vitest'
import { awaitedWorkers } from '../../../src/cli/restart/awaited-workers.ts'
import { LoadBalancerEvents } from '../../../src/events.ts'
import type { WorkerSnapshot } from '../../../src/workers/worker.ts'

/** A load balancer whose workers become ready one by one. */
class FakeBalancer {
  readonly events = new LoadBalancerEvents()
  workers: WorkerSnapshot[] = []

  connect(): void {
    this.workers = [...this.workers, { isReady: true } as WorkerSnapshot]
    this.events.emit('workerUp', { worker: '', version: '', classes: 0 })
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('waits until as many workers are ready as the predecessor had', async () => {
  const balancer = new FakeBalancer()
  let isStarted = false
  const started = awaitedWorkers(balancer, 2)
    .start()
    .then(() => {
      isStarted = true
    })
  balancer.connect()
  await turn()
  expect(isStarted).toBe(false)
  balancer.connect()
  await started
  expect(balancer.events.listenerCount('workerUp')).toBe(0)
})

test('does not wait if the predecessor had none', async () => {
  await awaitedWorkers(new FakeBalancer(), 0).start()
})

test('does not wait long for workers that do not come again', async () => {
  const balancer = new FakeBalancer()
  balancer.connect()
  await awaitedWorkers(balancer, 2).start()
})
