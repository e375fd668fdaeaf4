/** Workers that listen, with a balancer connected, ended after each test. */
import { afterEach } from 'vitest'
import {
  type Handler,
  silentLogger,
  Worker,
  type WorkerContext,
  type WorkerOptions,
} from '../../src/index.ts'
import { TestBalancer } from './balancer.ts'

export { until } from '@resumelb/common/testing'

const running: Worker[] = []

afterEach(async () => {
  for (const worker of running.splice(0)) await worker.close()
})

export interface Pair {
  readonly worker: Worker
  readonly balancer: TestBalancer
}

export async function serve(
  handler: Handler,
  options: WorkerOptions = {},
  context: WorkerContext = {},
): Promise<Pair> {
  const worker = new Worker(handler, options, { log: silentLogger, ...context })
  running.push(worker)
  await worker.listen()
  return { worker, balancer: await TestBalancer.connect(worker) }
}
