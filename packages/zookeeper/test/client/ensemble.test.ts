/** Sessions with three servers, of which some die. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  startEnsemble,
  type ZooKeeperEnsemble,
  zookeeperAvailable,
} from '../../../../test/support/zookeeper-server.ts'
import {
  closeSessionsAfterEach,
  eventually,
  openSession,
  patient,
  recordProviders,
} from '../harness.ts'

describe.skipIf(!zookeeperAvailable())('a session with an ensemble', patient, () => {
  let ensemble: ZooKeeperEnsemble | undefined
  closeSessionsAfterEach()
  afterEach(async () => await ensemble?.dispose())

  test('survives the loss of the leader, twice, and of the quorum', async () => {
    ensemble = await startEnsemble()
    const worker = openSession(ensemble.connectionString)
    const lb = openSession(ensemble.connectionString)
    const registration = worker.session.register('/p/a:1', { pid: 1 })
    await registration.registered()
    const { sets, latest } = recordProviders(lb.session, '/p')
    await eventually(() => latest()?.size).toBe(1)
    // Its server may have been behind that of the worker, and have had no node yet.
    sets.length = 0

    const isWell = async (name: string): Promise<void> => {
      await eventually(() => registration.state).toBe('registered')
      await eventually(() => [worker.session.state, lb.session.state]).toEqual([
        'connected',
        'connected',
      ])
      const extra = worker.session.register(`/p/${name}`, {})
      await eventually(() => [...(latest()?.keys() ?? [])].sort()).toEqual(['a:1', name].sort())
      await extra.unregister()
      await eventually(() => latest()?.size).toBe(1)
    }

    for (const turn of [1, 2]) {
      const leader = await ensemble.leader()
      await leader.kill()
      await ensemble.leader()
      await isWell(`leader:${turn}`)
      await leader.start()
    }
    const [first, second] = ensemble.servers
    await Promise.all([first?.kill(), second?.kill()])
    await eventually(() => [worker.session.state, lb.session.state]).toEqual([
      'suspended',
      'suspended',
    ])
    await Promise.all([first?.start(), second?.start()])
    await isWell('quorum:1')
    expect(sets).not.toContain('')
  })
})
