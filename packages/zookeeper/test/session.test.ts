import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  FaultProxy,
  freePorts,
  zookeeperAvailable,
} from '../../../test/support/zookeeper-server.ts'
import { ownedAccess } from '../src/auth.ts'
import { ZooKeeperError } from '../src/errors.ts'
import { maxDataBytes, type Properties } from '../src/node-data.ts'
import {
  closeSessionsAfterEach,
  eventually,
  openSession,
  patient,
  recordProviders,
  useServer,
} from './harness.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe.skipIf(!zookeeperAvailable())('Session', patient, () => {
  const { server, place } = useServer()
  closeSessionsAfterEach()

  describe('calls', () => {
    test('are answered, or fail with a code and words', async () => {
      const { session } = openSession(place())
      await session.nodes.ensure('/')
      await session.nodes.create('/a', json({ b: 1 }))
      await expect(session.properties('/a')).resolves.toEqual({ b: 1 })
      await expect(session.nodes.children('/')).resolves.toEqual(['a'])
      await expect(session.nodes.read('/b')).rejects.toMatchObject({
        code: 'NO_NODE',
        message: 'read /b: no such node',
      })
      await expect(session.nodes.create('/a', json({}))).rejects.toMatchObject({
        code: 'NODE_EXISTS',
      })
      await session.nodes.create('/a/c', Buffer.alloc(0))
      await expect(session.properties('/a/c')).resolves.toEqual({})
      await expect(session.nodes.remove('/a')).rejects.toMatchObject({ code: 'NOT_EMPTY' })
      await expect(session.nodes.write('/a', json({}), 7)).rejects.toMatchObject({
        code: 'BAD_VERSION',
      })
    })

    test('refuse a malformed path or too much data before they are sent', async () => {
      const { session } = openSession(place())
      await session.connected()
      await expect(session.nodes.read('/a//b')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      const tooMuch = Buffer.alloc(maxDataBytes + 1)
      await expect(session.nodes.create('/a', tooMuch)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        message: 'create /a: 1000001 bytes, at most 1000000',
      })
      await session.nodes.ensure('/')
      await session.nodes.create('/a', tooMuch.subarray(1))
    })

    test('wait for a connection, and fail at their deadline if none comes', async () => {
      const [port] = await freePorts(1)
      const { session } = openSession(`127.0.0.1:${port}`, { sessionTimeout: 400 })
      await expect(session.nodes.exists('/a')).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: 'exists /a: no connection for 400 ms',
      })
    })

    test('that could not be sent before their deadline are never sent', async () => {
      const proxy = await FaultProxy.start(server().port)
      proxy.fault = 'reject'
      const { session } = openSession(proxy.connectionString, { sessionTimeout: 400 })
      await expect(session.nodes.create('/late', json({}))).rejects.toMatchObject({
        code: 'TIMEOUT',
      })
      proxy.fault = 'none'
      await session.connected()
      await expect(session.nodes.exists('/late')).resolves.toBeUndefined()
      await proxy.close()
    })
  })

  describe('watchProperties', () => {
    test('reports now and with every change, and while there is no node', async () => {
      const { session } = openSession(place())
      const seen: (Properties | undefined)[] = []
      const watch = session.watchProperties('/lb', (properties) => seen.push(properties))
      await expect(watch.first()).resolves.toBeUndefined()
      await session.nodes.ensure('/lb')
      await eventually(() => seen).toEqual([undefined, {}])
      await session.nodes.write('/lb', json({ variance: 4 }))
      await eventually(() => watch.value).toEqual({ variance: 4 })
      await session.nodes.write('/lb', Buffer.from('{ "variance" : 4 }'))
      await session.nodes.remove('/lb')
      await eventually(() => seen).toEqual([undefined, {}, { variance: 4 }, undefined])
    })

    test('follows property links, and the values behind them', async () => {
      const { session } = openSession(place())
      await session.nodes.ensure('/lb')
      await session.nodes.ensure('/defaults')
      await session.nodes.write('/defaults', json({ threads: 3 }))
      await session.nodes.write('/lb', json({ 'threads =>': '/defaults', 'workers ->': '/app' }))
      const watch = session.watchProperties('/lb', () => undefined)
      await expect(watch.first()).resolves.toEqual({ threads: 3 })
      await session.nodes.write('/defaults', json({ threads: 5 }))
      await eventually(() => watch.value).toEqual({ threads: 5 })
    })

    test('reports nothing more once it is stopped', async () => {
      const { session } = openSession(place())
      await session.nodes.ensure('/lb')
      const seen: unknown[] = []
      const watch = session.watchProperties('/lb', (properties) => seen.push(properties))
      await watch.first()
      watch.stop()
      const other = session.watchProperties('/lb', () => undefined)
      await session.nodes.write('/lb', json({ a: 1 }))
      await eventually(() => other.value).toEqual({ a: 1 })
      expect(seen).toEqual([{}])
    })

    test('takes a callback that throws for a warning', async () => {
      const { session, warnings } = openSession(place())
      session.watchProperties('/lb', () => {
        throw new Error('oh')
      })
      await eventually(() => warnings).toEqual(['a watch callback threw an error'])
    })
  })

  describe('watchProviders', () => {
    test('follows links, also when they change', async () => {
      const { session } = openSession(place())
      for (const name of ['/blue/providers/b:1', '/green/providers/g:1', '/lb']) {
        await session.nodes.ensure(name)
      }
      const { latest } = recordProviders(session, '/lb/workers/providers')
      await eventually(() => latest()?.size).toBe(0)
      const names = () => [...(latest()?.keys() ?? [])]
      await session.nodes.write('/lb', json({ 'workers ->': '/blue' }))
      await eventually(names).toEqual(['b:1'])
      await session.nodes.write('/lb', json({ 'workers ->': '../green' }))
      await eventually(names).toEqual(['g:1'])
      // A real node hides the link, and its end lets the link be seen again.
      await session.nodes.ensure('/lb/workers/providers/r:1')
      await eventually(names).toEqual(['r:1'])
      for (const path of ['/lb/workers/providers/r:1', '/lb/workers/providers', '/lb/workers']) {
        await session.nodes.remove(path)
      }
      await eventually(names).toEqual(['g:1'])
    })

    test('warns once of names that are no addresses, and leaves them out', async () => {
      const { session, warnings } = openSession(place())
      await session.nodes.ensure('/p/nonsense')
      const { latest } = recordProviders(session, '/p')
      await session.nodes.ensure('/p/a:1')
      await session.nodes.ensure('/p/a:2')
      await eventually(() => [...(latest()?.keys() ?? [])]).toEqual(['a:1', 'a:2'])
      expect(warnings).toEqual(['/p/nonsense is no address HOST:PORT'])
    })

    test('keeps data that are no properties as they are', async () => {
      const { session, warnings } = openSession(place())
      await session.nodes.ensure('/p')
      await session.nodes.create('/p/a:1', Buffer.from('{"version": }'))
      const { latest } = recordProviders(session, '/p')
      await eventually(() => latest()?.get('a:1')).toEqual({ string_value: '{"version": }' })
      expect(warnings[0]).toContain('bad JSON in node /p/a:1')
    })
  })

  test('watchChildren reports the names of all children', async () => {
    const { session } = openSession(place())
    const watch = session.watchChildren('/p', () => undefined)
    await expect(watch.first()).resolves.toEqual([])
    await session.nodes.ensure('/p/anything')
    await eventually(() => watch.value).toEqual(['anything'])
  })

  describe('credentials', () => {
    const owner = { user: 'lb', password: 'secret' }

    test('protect the parent of registrations, while all clients can read it', async () => {
      const chroot = place()
      const { session: lb } = openSession(chroot, { credentials: [owner] })
      const { session: other } = openSession(chroot)
      await lb.nodes.ensure('/providers', ownedAccess(owner))
      const registration = lb.register('/providers/a:1', { pid: 1 })
      await registration.registered()
      await expect(other.properties('/providers/a:1')).resolves.toEqual({ pid: 1 })
      await expect(other.nodes.remove('/providers/a:1')).rejects.toMatchObject({
        code: 'NO_AUTH',
        message: 'remove /providers/a:1: not allowed',
      })
      const rival = other.register('/providers/b:1', {})
      // Calls of a session are answered in their order.
      await expect(other.properties('/providers/a:1')).resolves.toEqual({ pid: 1 })
      await registration.update({ pid: 2 })
      await expect(other.properties('/providers/a:1')).resolves.toEqual({ pid: 2 })
      expect(rival.state).toBe('pending')
    })

    test('come before calls that were made while there was no connection', async () => {
      const proxy = await FaultProxy.start(server().port)
      const { session } = openSession(proxy.connectionString, { credentials: [owner] })
      const name = `/owned-${proxy.port}`
      await session.nodes.ensure(name, ownedAccess(owner))
      for (let turn = 0; turn < 5; turn++) {
        const suspended = once(session, 'suspended')
        proxy.cut()
        await suspended
        await Promise.all([
          session.nodes.write(name, json({ turn })),
          session.nodes.setAccess(name, ownedAccess(owner)),
        ])
      }
      await proxy.close()
    })
  })

  describe('close', () => {
    test('ends the session on the server, with what it registered', async () => {
      const { session, events } = openSession(place())
      const registration = session.register('/p/a:1', {})
      await registration.registered()
      const other = openSession(session.connectionString).session
      await session.close()
      await expect(other.nodes.children('/p')).resolves.toEqual([])
      expect([session.state, registration.state]).toEqual(['closed', 'unregistered'])
      expect(events).toEqual(['connected new', 'closed'])
    })

    test('fails what comes later, and may be called again', async () => {
      const { session } = openSession(place())
      await session.connected()
      await Promise.all([session.close(), session.close()])
      const closed = { code: 'CLOSED' }
      await expect(session.nodes.exists('/')).rejects.toMatchObject(closed)
      await expect(session.connected()).rejects.toMatchObject(closed)
      expect(() => session.register('/p/a:1', {})).toThrow(ZooKeeperError)
      expect(() => session.watchProperties('/p', () => undefined)).toThrow(ZooKeeperError)
    })

    test('fails what is under way', async () => {
      const proxy = await FaultProxy.start(server().port)
      const { session } = openSession(proxy.connectionString)
      await session.connected()
      proxy.fault = 'swallow'
      const call = session.nodes.exists('/')
      const registration = session.register('/p/a:1', {}).registered()
      const first = session.watchChildren('/p', () => undefined).first()
      const failures = Promise.allSettled([call, registration, first])
      await session.close()
      for (const failure of await failures) {
        expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } })
      }
      await proxy.close()
    })

    test('returns in every state', async () => {
      const proxy = await FaultProxy.start(server().port)
      const [unused] = await freePorts(1)
      const at = (port: number | undefined) => openSession(`127.0.0.1:${port}`).session
      // In the very turn in which it was opened.
      await at(proxy.port).close()
      // While the connection is being made, the handshake is under way, or has just been done.
      for (let delay = 0; delay < 20; delay += 2) {
        const session = at(proxy.port)
        await sleep(delay)
        await session.close()
      }
      // While it is refused, or in the pause before another attempt: at whatever moment.
      const refused = at(unused)
      await sleep(100)
      await refused.close()
      // While servers accept and close, or accept and say nothing.
      for (const fault of ['reject', 'silent'] as const) {
        proxy.fault = fault
        const before = proxy.accepted
        const session = at(proxy.port)
        await eventually(() => proxy.accepted).toBeGreaterThan(before)
        await session.close()
      }
      // While suspended, and when the server does not answer the goodbye.
      proxy.fault = 'none'
      const suspended = at(proxy.port)
      const silenced = at(proxy.port)
      await Promise.all([suspended.connected(), silenced.connected()])
      proxy.fault = 'swallow'
      await silenced.close()
      proxy.fault = 'reject'
      proxy.cut()
      await eventually(() => suspended.state).toBe('suspended')
      await suspended.close()
      // Within a listener of its own.
      proxy.fault = 'none'
      for (const event of ['connected', 'suspended'] as const) {
        const session = at(proxy.port)
        const closed = new Promise<void>((resolve, reject) => {
          session.once(event, () => session.close().then(resolve, reject))
        })
        await session.connected()
        proxy.cut()
        await closed
      }
      // A connection that was being made when its session closed may still arrive. After that only
      // time shows that none is made: nothing is left that could be asked.
      await sleep(500)
      const accepted = proxy.accepted
      await sleep(1000)
      expect(proxy.accepted).toBe(accepted)
      await proxy.close()
    })
  })
})
