/** A load balancer whose path in ZooKeeper does not exist. */
import { connect } from '@resumelb/zookeeper'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { until } from '../../support/cluster.ts'
import { CommandProcess } from '../../support/processes.ts'
import { startZooKeeper, zookeeperAvailable } from '../../support/zookeeper-server.ts'

// Several things are waited for in one test, and each may take its time on a busy machine.
vi.setConfig({ testTimeout: 300_000 })

describe.skipIf(!zookeeperAvailable())('zkresumelb with a path that does not exist', () => {
  test('says where it looked, makes nothing there, and registers when the path appears', async () => {
    const server = await startZooKeeper()
    onTestFinished(() => server.dispose())
    const session = await connect(server.connectionString, { connectTimeout: 60_000 })
    onTestFinished(() => session.close())
    const admin = ['--admin', '127.0.0.1:0']
    const words = [
      ...admin,
      '-LINFO',
      '-a',
      '127.0.0.1:0',
      '-l',
      '',
      server.connectionString,
      '/bl',
    ]
    const balancer = new CommandProcess('packages/lb/bin/zkresumelb.js', words)
    const logs = (pattern: RegExp) =>
      until(
        async () => pattern.test(balancer.stderr),
        async () => `no ${pattern} in:\n${balancer.stderr}`,
      )
    await logs(/"msg":"listening"/)
    await logs(/admin server listening/)
    const addressOf = (what: string) =>
      new RegExp(`"address":"([^"]+)"[^}]*"msg":"${what}"`).exec(balancer.stderr)?.[1]
    const address = addressOf('listening')
    const scrape = await fetch(`http://${addressOf('admin server listening')}/metrics`)
    expect(await scrape.text()).toMatch(/^resumelb_ready 0$/m)
    await logs(/"path":"\/bl",.*node does not exist/)
    await logs(/"path":"\/bl\/workers\/providers",.*no worker is registered/)
    expect(await session.nodes.exists('/bl')).toBeUndefined()
    await session.nodes.create('/bl', Buffer.from('{}'))
    await logs(/load balancer registered/)
    expect(await session.nodes.children('/bl/providers')).toEqual([address])
  })
})
