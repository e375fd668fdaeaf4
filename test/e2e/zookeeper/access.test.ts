/** A tree that only one user may change: only processes with the password take part. */
import { connect, ownedAccess, parseCredential, type Session } from '@resumelb/zookeeper'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ask } from '../../support/clients.ts'
import { until } from '../../support/cluster.ts'
import { CommandProcess, fixture } from '../../support/processes.ts'
import { startZooKeeper, zookeeperAvailable } from '../../support/zookeeper-server.ts'

// Several things are waited for in one test, and each may take its time on a busy machine.
vi.setConfig({ testTimeout: 300_000 })

const owner = 'lb:secret'

/** A server whose tree all may read and only the owner may change. */
async function setUp(): Promise<{ connection: string; session: Session }> {
  const server = await startZooKeeper()
  onTestFinished(() => server.dispose())
  const credentials = [parseCredential(owner)]
  const session = await connect(server.connectionString, { connectTimeout: 60_000, credentials })
  onTestFinished(() => session.close())
  const access = ownedAccess(...credentials)
  const empty = Buffer.from('{}')
  for (const path of ['/lb', '/lb/providers', '/lb/workers', '/lb/workers/providers']) {
    await session.nodes.create(path, empty, { access })
  }
  return { connection: server.connectionString, session }
}

function startWorker(connection: string, args: string[], env: Record<string, string> = {}) {
  const where = ['-a', '127.0.0.1:0', '--zookeeper', connection, '--path', '/lb/workers']
  const words = [fixture('app.mjs'), ...where, ...args]
  return new CommandProcess('packages/worker/bin/resumelb-worker.js', words, env)
}

function startBalancer(connection: string, args: string[], env: Record<string, string> = {}) {
  const words = ['-LINFO', '-a', '127.0.0.1:0', '-l', '', ...args, connection, '/lb']
  return new CommandProcess('packages/lb/bin/zkresumelb.js', words, env)
}

const logs = (process: CommandProcess, pattern: RegExp) =>
  until(
    async () => pattern.test(process.stderr),
    async () => `no ${pattern} in:\n${process.stderr}`,
  )

describe.skipIf(!zookeeperAvailable())('a tree that only one user may change', () => {
  test.each([
    { way: '--zk-auth', args: ['--zk-auth', owner], env: {} },
    { way: 'RESUMELB_ZK_AUTH', args: [], env: { RESUMELB_ZK_AUTH: owner } },
  ])(
    'takes the workers and load balancers that have the password by $way',
    async ({ args, env }) => {
      const { connection, session } = await setUp()
      const worker = startWorker(connection, args, env)
      const balancer = startBalancer(connection, args, env)
      const address = await balancer.address()
      await logs(balancer, /"connected to worker"/)
      await logs(balancer, /"load balancer registered"/)
      expect(await session.nodes.children('/lb/workers/providers')).toEqual([
        await worker.address(),
      ])
      expect(await session.nodes.children('/lb/providers')).toEqual([address])
      const answer = await ask(Number(address.split(':').pop()), '/pid')
      expect(Number(answer.text)).toBe(worker.pid)
    },
  )

  test.each([
    { who: 'have no password', args: [] },
    { who: 'have another one', args: ['--zk-auth', 'lb:guess'] },
  ])('refuses those that $who, and they say why', async ({ args }) => {
    const { connection, session } = await setUp()
    const worker = startWorker(connection, args)
    const balancer = startBalancer(connection, args)
    await logs(worker, /not allowed.*--zk-auth/)
    await logs(balancer, /not allowed.*--zk-auth/)
    expect(await session.nodes.children('/lb/workers/providers')).toEqual([])
    expect(await session.nodes.children('/lb/providers')).toEqual([])
  })
})
