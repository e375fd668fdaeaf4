import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EventStream, eventInterval, maxUnsentLength } from '../../src/admin/event-stream.ts'
import type { AdminStatus } from '../../src/admin/status-document.ts'

/** A stream of statuses of which each is as long as given. */
async function setUp(length: number) {
  const clock = new ManualClock()
  let reads = 0
  const read = () => {
    reads++
    return { workers: [], classes: [], balancer: 'x'.repeat(length) } as unknown as AdminStatus
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
