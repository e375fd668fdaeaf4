import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EventStream, eventInterval, maxUnsentLength } from '../../src/admin/event-stream.ts'
import { Incidents } from '../../src/admin/incidents.ts'
import type { AdminStatus, ClassStatus, StatusChange } from '../../src/admin/status-document.ts'
import { LoadBalancerEvents } from '../../src/events.ts'

/** A stream of statuses of which each is as long as given. */
async function setUp(length: number) {
  const clock = new ManualClock()
  let reads = 0
  const read = () => {
    reads++
    const rows = { workers: [], classes: [], incidents: [] }
    return { ...rows, time: '', balancer: 'x'.repeat(length) } as unknown as AdminStatus
  }
  const stream = new EventStream({ read, incidents: { count: 0, since: () => [] } }, clock)
  const server = createServer((_request, response) => stream.add(response, 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
    stream.stop()
    server.close()
  })
  const request = once(server, 'request')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await request
  return { clock, stream, socket, reads: () => reads }
}

describe('EventStream', () => {
  test('drops a client that never reads, so that little waits for it', async () => {
    const { clock, stream, socket } = await setUp(maxUnsentLength / 4)
    socket.pause()
    // More than a connection of this machine holds.
    for (let sent = 0; stream.size > 0 && sent < 200; sent++) {
      await clock.advance(eventInterval)
      await new Promise(setImmediate)
    }
    expect(stream.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('reads the status once for all clients, and not at all without any', async () => {
    const { clock, stream, socket, reads } = await setUp(10)
    socket.resume()
    await clock.advance(eventInterval)
    expect(reads()).toBe(2)
    socket.destroy()
    while (stream.size > 0) await new Promise(setImmediate)
    await clock.advance(5 * eventInterval)
    expect(reads()).toBe(2)
  })
})

/** A client as the stream sees it, and the events that it gets. */
class Client extends EventEmitter {
  readonly events: { name: string; data: AdminStatus & StatusChange }[] = []
  readonly writableLength = 0

  setHeader(): void {
    // Any will do.
  }

  write(text: string): void {
    const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)\n\n$/m.exec(text) ?? []
    this.events.push({ name, data: JSON.parse(data) })
  }

  destroy(): void {
    this.emit('close')
  }
}

/** A stream of classes that are renamed once a second, and of incidents. */
function setUpClients() {
  const clock = new ManualClock()
  const incidents = new Incidents(new LoadBalancerEvents())
  const readings: number[] = []
  const read = (count: number) => {
    readings.push(count)
    const classes = ['a', 'b', 'c', `at ${clock.now()}`].slice(0, count)
    return {
      ...{ time: '', balancer: {}, workers: [], incidents: incidents.list },
      classes: classes.map((name): Partial<ClassStatus> => ({ name, requests: clock.now() })),
    } as unknown as AdminStatus
  }
  const stream = new EventStream({ read, incidents }, clock)
  onTestFinished(() => stream.stop())
  const join = (classes: number) => {
    const client = new Client()
    stream.add(client as unknown as ServerResponse, classes)
    return client.events
  }
  return { clock, incidents, readings, join }
}

describe('the events of a client', () => {
  test('have as many classes as it wants, of one reading for all clients', async () => {
    const { clock, readings, join } = setUpClients()
    const [few, many] = [join(1), join(4)]
    const names = ({ data }: { data: AdminStatus }) => data.classes.map(({ name }) => name)
    expect([few, many].map(([status]) => status && names(status))).toEqual([
      ['a'],
      ['a', 'b', 'c', 'at 0'],
    ])
    expect(readings.splice(0)).toEqual([1, 4])
    await clock.advance(eventInterval)
    expect(readings).toEqual([4])
    expect(few[1]?.data).toMatchObject({ classes: [{ name: 'a' }], classesGone: [] })
    expect(many[1] && names(many[1])).toEqual(['a', 'b', 'c', 'at 1000'])
    expect(many[1]?.data.classesGone).toEqual(['at 0'])
  })

  test('have each incident once, also if it came just before the client', async () => {
    const { clock, incidents, join } = setUpClients()
    join(1)
    incidents.add('changed', null, 'first')
    const late = join(1)
    incidents.add('changed', null, 'second')
    await clock.advance(eventInterval)
    const texts = late.flatMap(({ data }) => data.incidents.map(({ text }) => text))
    expect(texts).toEqual(['first', 'second'])
  })
})
