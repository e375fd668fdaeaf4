/** What happens to sessions when servers die, freeze, lose their data or talk nonsense. */
import { setTimeout as sleep } from 'node:timers/promises'
import { awaitedClock } from '@resumelb/common'
import { afterEach, describe, expect, test } from 'vitest'
import {
  expireSession,
  FaultProxy,
  freePorts,
  startZooKeeper,
  type ZooKeeperServer,
  zookeeperAvailable,
} from '../../../../test/support/zookeeper-server.ts'
import { Calls } from '../../src/client/calls.ts'
import { Connection } from '../../src/client/connection.ts'
import { parseConnectionString } from '../../src/connection-string.ts'
import { Nodes, Watchers } from '../../src/nodes.ts'
import { resolveSessionOptions } from '../../src/options.ts'
import {
  closeSessionsAfterEach,
  eventually,
  openSession,
  patient,
  recordProviders,
  shortSession,
  useServer,
} from '../harness.ts'

/** Two workers and a load balancer, as they are in a cluster. */
async function startCluster(connectionString: string) {
  const short = { sessionTimeout: shortSession }
  const workers = [openSession(connectionString, short), openSession(connectionString, short)]
  const registrations = workers.map(({ session }, index) =>
    session.register(`/lb/workers/providers/10.0.0.1:${index + 1}`, { pid: index }),
  )
  await Promise.all(registrations.map((registration) => registration.registered()))
  const lb = openSession(connectionString, short)
  const view = recordProviders(lb.session, '/lb/workers/providers')
  await eventually(() => view.latest()?.size).toBe(2)
  const everybody = [...workers, lb]
  /** Registrations are there, watches tell of changes: everything is as it was. */
  const isWell = async (): Promise<void> => {
    await eventually(() => everybody.map(({ session }) => session.state)).toEqual(
      everybody.map(() => 'connected'),
    )
    await eventually(() => registrations.map(({ state }) => state)).toEqual(
      registrations.map(() => 'registered'),
    )
    await eventually(() => view.latest()?.size).toBe(2)
    const another = workers[0]?.session.register('/lb/workers/providers/10.0.0.9:9', {})
    await eventually(() => [...(view.latest()?.keys() ?? [])]).toContain('10.0.0.9:9')
    await another?.unregister()
    await eventually(() => view.latest()?.size).toBe(2)
  }
  return { everybody, view, isWell, ids: () => everybody.map(({ session }) => session.sessionId) }
}

describe.skipIf(!zookeeperAvailable())('a session whose server fails', patient, () => {
  let server: ZooKeeperServer | undefined
  closeSessionsAfterEach()
  afterEach(async () => await server?.dispose())

  test('survives an outage of three session timeouts without losing providers', async () => {
    server = await startZooKeeper()
    const { everybody, view, isWell } = await startCluster(server.connectionString)
    const before = view.sets.length
    await server.kill()
    await eventually(() => everybody.map(({ session }) => session.state)).toEqual(
      everybody.map(() => 'suspended'),
    )
    // The server's absence is measured in real time, and so is everybody's patience with it.
    await sleep(3 * shortSession)
    expect(view.sets).toHaveLength(before)
    expect(view.latest()?.size).toBe(2)
    await server.start()
    await isWell()
  })

  test('notices a frozen server, and has a new session when that thaws', async () => {
    server = await startZooKeeper()
    const { everybody, view, isWell } = await startCluster(server.connectionString)
    const before = view.sets.length
    server.freeze()
    await eventually(() => everybody.map(({ session }) => session.state)).toEqual(
      everybody.map(() => 'suspended'),
    )
    expect(everybody[0]?.warnings[0]).toMatch(/^no answer from ZooKeeper for \d+ ms$/)
    // So that the session has ended by the server's own clock when it thaws.
    await sleep(shortSession)
    expect(view.sets).toHaveLength(before)
    server.thaw()
    await isWell()
  })

  test('leaves a server that has lost its data, and registers again', async () => {
    server = await startZooKeeper()
    const { everybody, isWell, ids } = await startCluster(server.connectionString)
    const before = ids()
    await server.kill()
    await server.wipe()
    await server.start()
    await eventually(() => everybody.every(({ events }) => events.includes('lost'))).toBe(true)
    await isWell()
    for (const id of ids()) expect(before).not.toContain(id)
  })
})

describe.skipIf(!zookeeperAvailable())('a session in a bad network', patient, () => {
  const { server } = useServer()
  closeSessionsAfterEach()
  let proxy: FaultProxy | undefined
  const startProxy = async (): Promise<FaultProxy> => {
    proxy = await FaultProxy.start(server().port)
    return proxy
  }
  afterEach(async () => await proxy?.close())

  test('forgets half of a reply when the connection breaks in it', async () => {
    const { connectionString } = await startProxy()
    const { session } = openSession(connectionString)
    await session.nodes.ensure('/big')
    await session.nodes.write('/big', Buffer.alloc(900_000, 'x'))
    const broken = proxy as FaultProxy
    broken.cutAfter = 500_000
    // The read is sent again and again, and always cut, until the network is whole again.
    const reading = session.nodes.read('/big')
    await eventually(() => broken.accepted).toBeGreaterThan(1)
    broken.cutAfter = Number.POSITIVE_INFINITY
    const outcome = await reading.catch(() => session.nodes.read('/big'))
    expect(outcome.data).toHaveLength(900_000)
    await session.nodes.remove('/big')
  })

  test('treats an unknown error code as an ordinary error', async () => {
    const { connectionString } = await startProxy()
    const { session } = openSession(connectionString)
    await session.connected()
    // -101, no such node, becomes -125, quota exceeded.
    const unknown = Buffer.from([0xff, 0xff, 0xff, 0x83])
    ;(proxy as FaultProxy).rewrite = (packet) => {
      const isAnswer = packet.length >= 20 && packet.readInt32BE(16) === -101
      return isAnswer
        ? Buffer.concat([packet.subarray(0, 16), unknown, packet.subarray(20)])
        : packet
    }
    await expect(session.nodes.read('/missing')).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      message: 'read /missing: the server answered with error -125',
    })
    expect(session.state).toBe('connected')
  })

  test('takes nonsense for a broken connection', async () => {
    const { connectionString } = await startProxy()
    const { session, events } = openSession(connectionString, { sessionTimeout: shortSession })
    await session.connected()
    const noisy = proxy as FaultProxy
    noisy.rewrite = (packet) => {
      noisy.rewrite = (whole) => whole
      return Buffer.concat([packet.subarray(0, 4), Buffer.alloc(packet.length - 4, 0x5a)])
    }
    // The library forgets the call whose answer it did not understand; its deadline does not.
    await session.nodes.exists('/zookeeper').catch((error) => {
      expect(error).toMatchObject({ code: 'TIMEOUT' })
    })
    await expect(session.nodes.exists('/zookeeper')).resolves.toBeDefined()
    expect(events).toEqual(['connected new', 'suspended', 'connected'])
  })

  test('is well after servers have accepted and closed for a while', async () => {
    const { connectionString } = await startProxy()
    const { session } = openSession(connectionString)
    const registration = session.register('/p/a:1', {})
    await registration.registered()
    const rejecting = proxy as FaultProxy
    rejecting.fault = 'reject'
    rejecting.cut()
    const { accepted } = rejecting
    await eventually(() => rejecting.accepted).toBeGreaterThan(accepted + 5)
    rejecting.fault = 'none'
    await registration.update({ again: true })
    await expect(session.properties('/p/a:1')).resolves.toEqual({ again: true })
  })

  test('passes over a silent server in the list', async () => {
    const silent = await startProxy()
    silent.fault = 'silent'
    const list = `${silent.connectionString},${server().connectionString}`
    const all = Array.from(
      { length: 6 },
      () => openSession(list, { sessionTimeout: shortSession }).session,
    )
    await Promise.all(all.map((session) => session.connected()))
  })

  test('skips a dead port and an unknown name', async () => {
    const [dead] = await freePorts(1)
    const list = `127.0.0.1:${dead},unknown.invalid,${server().connectionString}`
    await openSession(list).session.connected()
  })

  test('says that its credentials are refused, and tries again', async () => {
    const { connectionString } = await startProxy()
    const strict = proxy as FaultProxy
    // The answer to authentication (xid -4) becomes a refusal (-115).
    strict.rewrite = (packet) => {
      if (packet.length >= 20 && packet.readInt32BE(4) === -4) packet.writeInt32BE(-115, 16)
      return packet
    }
    const { session, events, warnings } = openSession(connectionString, {
      credentials: [{ user: 'a', password: 'b' }],
    })
    await eventually(() => warnings).toEqual(['ZooKeeper rejected the credentials; retrying'])
    strict.rewrite = (packet) => packet
    await eventually(() => session.state).toBe('connected')
    await expect(session.nodes.exists('/zookeeper')).resolves.toBeDefined()
    expect(events.slice(0, 2)).toEqual(['connected new', 'suspended'])
  })

  test('has a new session when the server has expired the old one', async () => {
    const events: string[] = []
    const watchers = new Watchers()
    const connection = new Connection(
      parseConnectionString(server().connectionString),
      resolveSessionOptions({ sessionTimeout: shortSession }),
      {
        connected: (_id, isNew) => {
          events.push(`connected ${isNew}`)
          calls.connected()
        },
        suspended: () => events.push('suspended'),
        lost: (id) => events.push(`lost ${id}`),
        warning: () => undefined,
        unreachable: () => undefined,
      },
      awaitedClock,
    )
    const calls: Calls = new Calls(connection, awaitedClock)
    const nodes = new Nodes(calls, '', watchers, () => undefined)
    await nodes.exists('/')
    const { sessionId, ticket } = connection
    // The owner's own reconnect may come first, so we try until it is lost.
    for (let turn = 0; turn < 50 && !events.includes(`lost ${sessionId}`); turn++) {
      await expireSession(server().port, ticket.id, ticket.password)
      await sleep(200)
    }
    await eventually(() => connection.isConnected).toBe(true)
    expect(events).toContain(`lost ${sessionId}`)
    expect(connection.sessionId).not.toBe(sessionId)
    expect(connection.isOurs(sessionId ?? '')).toBe(true)
    await nodes.exists('/')
    await connection.close()
    calls.closed()
  })
})
