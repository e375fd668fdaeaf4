/** Load balancers and workers go on, whatever becomes of ZooKeeper. Real servers and processes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Cluster, kinds, nothingLost } from '../../support/cluster.ts'
import {
  startEnsemble,
  startZooKeeper,
  type ZooKeeperEnsemble,
  type ZooKeeperServer,
  zookeeperAvailable,
} from '../../support/zookeeper-server.ts'

// Several things are waited for in one test, and each may take its time on a busy machine.
vi.setConfig({ testTimeout: 300_000 })

/** Seconds. */
const sessionTimeout = 3

describe.skipIf(!zookeeperAvailable())('no request is lost, and no connection made twice,', () => {
  let server: ZooKeeperServer
  let cluster: Cluster

  beforeAll(async () => {
    server = await startZooKeeper()
    cluster = await Cluster.start(server.connectionString, { sessionTimeout })
  })

  afterAll(async () => {
    await cluster?.end()
    await server?.dispose()
  })

  /** All are known again, by the connections that there were. */
  async function settled() {
    await cluster.allRegistered()
    for (const worker of cluster.workers) expect(cluster.connections(worker)).toEqual([1, 1])
  }

  test('when ZooKeeper is killed and starts again after three session timeouts', async () => {
    const tally = await cluster.underLoad(async () => {
      await server.kill()
      // Sessions end by ZooKeeper's own clock.
      await sleep(3 * sessionTimeout * 1000)
      await server.start()
      await settled()
    })
    expect(kinds(tally)).toEqual(nothingLost)
    await cluster.logged(/cannot reach ZooKeeper; going on with the workers/)
  })

  test('when ZooKeeper is frozen for longer than a session lasts, and thawed', async () => {
    const tally = await cluster.underLoad(async () => {
      server.freeze()
      await sleep(1.5 * sessionTimeout * 1000)
      server.thaw()
      await settled()
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })

  test('when ZooKeeper loses all its data', async () => {
    const tally = await cluster.underLoad(async () => {
      await server.kill()
      await server.wipe()
      await server.start()
      // The link to the workers is lost with the tree: they are where they said.
      await cluster.restoreTree()
      await settled()
    })
    expect(kinds(tally)).toEqual(nothingLost)
  })

  test('when a load balancer starts without ZooKeeper: it waits, says so, and listens later', async () => {
    await server.kill()
    const late = cluster.spawnBalancer()
    const member = { process: late, address: '' }
    await cluster.logged(/cannot reach ZooKeeper; waiting for it before listening/, 1, [member])
    expect(late.stderr).not.toContain('"listening"')
    await server.start()
    await cluster.logged(/"connected to worker"/, cluster.workers.length, [member])
    await late.address()
    expect(await late.stop()).toBe(0)
  })

  test('when a load balancer that waits for ZooKeeper gets SIGTERM: it exits at once', async () => {
    await server.kill()
    const late = cluster.spawnBalancer()
    await cluster.logged(/cannot reach ZooKeeper/, 1, [{ process: late, address: '' }])
    expect(await late.stop()).toBe(0)
    await server.start()
  })
})

describe.skipIf(!zookeeperAvailable())('no request is lost with three ZooKeeper servers', () => {
  let ensemble: ZooKeeperEnsemble
  let cluster: Cluster

  beforeAll(async () => {
    ensemble = await startEnsemble(3)
    cluster = await Cluster.start(ensemble.connectionString, { sessionTimeout: 6 })
  })

  afterAll(async () => {
    await cluster?.end()
    await ensemble?.dispose()
  })

  test('when they lose their leader twice', async () => {
    const tally = await cluster.underLoad(async () => {
      for (let time = 0; time < 2; time++) {
        const leader = await ensemble.leader()
        await leader.kill()
        await ensemble.leader()
        await cluster.allRegistered()
        await leader.start()
      }
    })
    expect(kinds(tally)).toEqual(nothingLost)
    for (const worker of cluster.workers) expect(cluster.connections(worker)).toEqual([1, 1])
  })
})
