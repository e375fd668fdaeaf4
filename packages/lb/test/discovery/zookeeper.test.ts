import { reminderInterval } from '@resumelb/common'
import { ManualClock, until } from '@resumelb/common/testing'
import { connect } from '@resumelb/zookeeper'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startZooKeeper, zookeeperAvailable } from '../../../../test/support/zookeeper-server.ts'
import { zookeeperWorkers } from '../../src/discovery/zookeeper.ts'

const nowhere = { onWorkers: () => undefined, onSettings: () => undefined }

describe.skipIf(!zookeeperAvailable())('a load balancer at a path', { timeout: 120_000 }, () => {
  test('warns for as long as the path or its workers are missing', async () => {
    const server = await startZooKeeper()
    onTestFinished(() => server.dispose())
    const zookeeper = server.connectionString
    const session = await connect(zookeeper, { connectTimeout: 60_000 })
    onTestFinished(() => session.close())

    const clock = new ManualClock()
    const warnings: string[] = []
    const ignore = () => undefined
    const warn = (facts: object, message: string) => {
      warnings.push(`${(facts as { path?: string }).path}: ${message}`)
    }
    const log = { debug: ignore, info: ignore, warn, error: ignore }
    const discovery = zookeeperWorkers({ zookeeper, path: '/lb', clock, log })
    onTestFinished(() => discovery.close())
    await discovery.start(nowhere)
    const node = '/lb: node does not exist in ZooKeeper: waiting for it'
    const workers = '/lb/workers/providers: no worker is registered'
    const lately = async () => {
      warnings.length = 0
      await clock.advance(reminderInterval)
      return [...warnings].sort()
    }
    expect(await lately()).toEqual([workers, workers, node, node])
    expect(await lately()).toEqual([workers, node])
    await session.nodes.create('/lb', Buffer.from('{}'))
    await until(async () => (await lately()).join() === workers)
    await session.register('/lb/workers/providers/127.0.0.1:1', {}).registered()
    await until(async () => (await lately()).join() === '')
  })
})
