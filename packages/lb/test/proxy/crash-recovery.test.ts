import { describe, expect, test } from 'vitest'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { silent } from '../support/tiny-worker.ts'

/** Workers that crash when they are asked for /crash, and otherwise take their time. */
const startThree = async () => {
  const workers = await Promise.all([0, 1, 2].map(() => startWorker(silent)))
  for (const worker of workers) {
    worker.behaviour = ({ head }) => {
      if (head.url === '/crash') worker.breakConnections()
    }
  }
  const events: string[] = []
  const classifier = ({ headers }: { readonly headers: { readonly host?: string | undefined } }) =>
    headers.host ?? ''
  const balanced = await startBalancer(workers, { classifier, pool: 'round-robin' })
  balanced.balancer.events.on('classCrashes', ({ requestClass }) =>
    events.push(`convicted ${requestClass}`),
  )
  balanced.balancer.events.on('requestRetried', ({ requestClass }) =>
    events.push(`retried ${requestClass}`),
  )
  return { workers, events, ...balanced }
}

describe('a request that crashes workers', () => {
  test('is answered 502 after two of them, and convicts its class', async () => {
    const { port, ended, events, balancer } = await startThree()
    // In progress elsewhere, so that there is something to protect.
    const other = ask(port, { path: '/', headers: { host: 'other' } }).catch(() => undefined)
    const got = await ask(port, { path: '/crash', headers: { host: 'deadly' } })
    expect(got.status).toBe(502)
    await until(() => ended.some(({ requestClass }) => requestClass === 'deadly'))
    const deadly = ended.find(({ requestClass }) => requestClass === 'deadly')
    expect(deadly).toMatchObject({ reason: 'WORKER_LOST_TWICE', attempts: 2 })
    expect(events).toContain('convicted deadly')
    expect(events.filter((event) => event === 'retried deadly')).toHaveLength(1)
    balancer.destroy()
    await other
  })
})
