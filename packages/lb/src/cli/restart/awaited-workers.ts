/**
 * Waits for the workers that another process was connected to, before this one serves its clients.
 */
import { awaitedClock } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type { LoadBalancer } from '../../load-balancer.ts'

/**
 * Milliseconds to wait for the others once one is ready: without them, classes would go to workers
 * that do not know them.
 */
const othersTime = 2_000

/** How many workers are ready. */
export function readyWorkers({ workers }: Pick<LoadBalancer, 'workers'>): number {
  return workers.filter(({ isReady }) => isReady).length
}

/**
 * As a service that is started when so many workers are ready, or one that the others do not
 * follow.
 */
export function awaitedWorkers(
  balancer: Pick<LoadBalancer, 'events' | 'workers'>,
  count: number,
): Service {
  const start = () =>
    new Promise<void>((resolve) => {
      let isTimed = false
      const look = () => {
        const ready = readyWorkers(balancer)
        if (ready >= count) end()
        if (ready === 0 || isTimed) return
        isTimed = true
        awaitedClock.after(othersTime, end)
      }
      const end = () => {
        balancer.events.off('workerUp', look)
        resolve()
      }
      balancer.events.on('workerUp', look)
      look()
    })
  return { start, stop: async () => undefined }
}
