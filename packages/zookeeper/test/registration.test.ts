import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  FaultProxy,
  fourLetterWord,
  zookeeperAvailable,
} from '../../../test/support/zookeeper-server.ts'
import { encodeProperties } from '../src/node-data.ts'
import { lossesOfFight } from '../src/takeover-guard.ts'
import {
  closeSessionsAfterEach,
  eventually,
  openSession,
  patient,
  recordProviders,
  useServer,
} from './harness.ts'

describe.skipIf(!zookeeperAvailable())('Registration', patient, () => {
  const { server, place } = useServer()
  closeSessionsAfterEach()

  test('creates what is missing on the way, the chroot too', async () => {
    const { session } = openSession(place())
    const registration = session.register('/lb/workers/providers/a:1', { pid: 1, version: '2' })
    await registration.registered()
    expect(registration).toMatchObject({ state: 'registered', node: '/lb/workers/providers/a:1' })
    await expect(session.properties('/lb/workers/providers/a:1')).resolves.toEqual({
      pid: 1,
      version: '2',
    })
    await expect(session.nodes.read('/lb')).resolves.toMatchObject({ data: encodeProperties({}) })
    await expect(session.nodes.exists('/lb/workers/providers/a:1')).resolves.toMatchObject({
      owner: session.sessionId,
    })
  })

  test('goes where links lead, and moves when they change', async () => {
    const { session } = openSession(place())
    for (const path of ['/lb', '/blue', '/green']) await session.nodes.ensure(path)
    await session.nodes.write('/lb', encodeProperties({ 'workers ->': '/blue' }))
    const registration = session.register('/lb/workers/providers/a:1', {})
    await registration.registered()
    expect(registration.node).toBe('/blue/providers/a:1')
    await session.nodes.write('/lb', encodeProperties({ 'workers ->': '/green' }))
    await eventually(() => registration.node).toBe('/green/providers/a:1')
    await eventually(() => session.nodes.children('/blue/providers')).toEqual([])
    await eventually(() => registration.state).toBe('registered')
  })

  test('comes back when it is deleted by hand', async () => {
    const { session } = openSession(place())
    const { session: admin } = openSession(session.connectionString)
    const registration = session.register('/p/a:1', {})
    await registration.registered()
    for (let turn = 0; turn < 3; turn++) {
      const before = await admin.nodes.exists('/p/a:1')
      expect(before).toBeDefined()
      await admin.nodes.remove('/p/a:1')
      await eventually(() => admin.nodes.exists('/p/a:1')).toBeDefined()
    }
    await eventually(() => registration.state).toBe('registered')
  })

  test('changes its properties without a moment in which it is missing', async () => {
    const { session } = openSession(place())
    const { session: lb } = openSession(session.connectionString)
    const registration = session.register('/p/a:1', { version: 0 })
    await registration.registered()
    const { sets, latest } = recordProviders(lb, '/p')
    await eventually(() => latest()?.size).toBe(1)
    for (let version = 1; version <= 10; version++) await registration.update({ version })
    await eventually(() => latest()?.get('a:1')).toEqual({ version: 10 })
    expect(new Set(sets)).toEqual(new Set(['a:1']))
  })

  test('goes when it is unregistered, and stays away', async () => {
    const { session } = openSession(place())
    const registration = session.register('/p/a:1', {})
    await registration.registered()
    expect(() => session.register('/p/a:1', {})).toThrow('already registered')
    await registration.unregister()
    await expect(session.nodes.exists('/p/a:1')).resolves.toBeUndefined()
    expect(registration.state).toBe('unregistered')
    await registration.unregister()
    await expect(registration.update({})).rejects.toMatchObject({ code: 'CLOSED' })
    await session.register('/p/a:1', {}).registered()
  })

  test('leaves nothing behind when it is unregistered at once', async () => {
    const { session } = openSession(place())
    const early = session.register('/p/a:1', {})
    const failure = expect(early.registered()).rejects.toMatchObject({ code: 'CLOSED' })
    await early.unregister()
    await failure
    await session.connected()
    for (let turn = 0; turn < 10; turn++) {
      const registration = session.register('/p/a:1', {})
      registration.registered().catch(() => undefined)
      // At different moments of the registration.
      await sleep(turn / 2)
      await registration.unregister()
      await expect(session.nodes.exists('/p/a:1')).resolves.toBeUndefined()
    }
  })

  test('takes the address over from a dead process in one step', async () => {
    const chroot = place()
    const { session: lb } = openSession(chroot)
    // As after kill -9: no process answers for the old session, which is long from expiring.
    const proxy = await FaultProxy.start(server().port)
    const throughProxy = chroot.replace(server().connectionString, proxy.connectionString)
    const { session: dead } = openSession(throughProxy, { sessionTimeout: 60_000 })
    await dead.register('/p/a:1', { version: 1 }).registered()
    proxy.fault = 'swallow'
    const { sets, latest } = recordProviders(lb, '/p')
    await eventually(() => latest()?.get('a:1')).toEqual({ version: 1 })
    const { session: restarted } = openSession(chroot)
    await restarted.register('/p/a:1', { version: 2 }).registered()
    await eventually(() => latest()?.get('a:1')).toEqual({ version: 2 })
    expect(sets).toEqual(['a:1', 'a:1'])
    await dead.close()
    await proxy.close()
  })

  test('waits for the holder to go where it must not take over', async () => {
    const chroot = place()
    const { session: holder } = openSession(chroot)
    const { session: heir, warnings } = openSession(chroot)
    await holder.register('/p/a:1', { pid: 4711 }).registered()
    const registration = heir.register('/p/a:1', { pid: 2 }, { takeover: false })
    await eventually(() => registration.state).toBe('waiting')
    expect(warnings).toEqual([
      `a:1 is also registered by session ${holder.sessionId} (pid 4711); waiting until it is free`,
    ])
    await expect(heir.properties('/p/a:1')).resolves.toEqual({ pid: 4711 })
    await holder.close()
    await registration.registered()
    await expect(heir.properties('/p/a:1')).resolves.toEqual({ pid: 2 })
  })

  test('gives in when another living process wants the address too', async () => {
    const chroot = place()
    const a = openSession(chroot)
    const b = openSession(chroot)
    const first = a.session.register('/p/a:1', { pid: 1 })
    await first.registered()
    const { sets, latest } = recordProviders(openSession(chroot).session, '/p')
    await eventually(() => latest()?.size).toBe(1)
    const second = b.session.register('/p/a:1', { pid: 2 })
    const states = () => [first.state, second.state].sort()
    await eventually(states).toEqual(['registered', 'waiting'])
    const [loser, winner] = first.state === 'waiting' ? [a, b] : [b, a]
    expect(loser.warnings).toHaveLength(1)
    expect(loser.warnings[0]).toContain(
      `a:1 is also registered by session ${winner.session.sessionId}`,
    )
    // Both took it a few times, and the load balancer always saw one of them.
    expect(sets.length).toBeLessThanOrEqual(2 * lossesOfFight + 1)
    expect(new Set(sets)).toEqual(new Set(['a:1']))
    await winner.session.close()
    await eventually(() => (loser === a ? first : second).state).toBe('registered')
  })

  test('keeps as many watches on the server as it needs, however often it comes back', async () => {
    const { session } = openSession(place())
    const registration = session.register('/p/a:1', {})
    await registration.registered()
    for (let turn = 0; turn < 20; turn++) await registration.update({ turn })
    await eventually(() => registration.state).toBe('registered')
    const watches = await fourLetterWord(server().port, 'wchs')
    expect(Number(/Total watches:(\d+)/.exec(watches)?.[1])).toBeLessThan(50)
  })
})
