import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { until } from '@resumelb/common/testing'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../src/connection.ts'
import type { ProtocolError } from '../src/errors.ts'
import { Probe } from '../src/probe.ts'
import { workerHello } from './support/samples.ts'

describe('Probe', () => {
  let server: Server
  let port: number
  let accepted: Socket[]
  let told: string[]

  beforeEach(async () => {
    accepted = []
    told = []
    // As a process whose event loop is blocked: its kernel accepts, and it says nothing.
    server = createServer((socket) => accepted.push(socket.on('error', () => undefined)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  afterEach(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })

  const open = () => {
    const identity = { software: 'test', id: 'lb' }
    const probe = new Probe({ host: '127.0.0.1', port }, undefined, identity, {
      accepted: () => told.push('accepted'),
      answered: () => told.push('answered'),
      failed: () => told.push('failed'),
    })
    onTestFinished(() => probe.close())
    return probe
  }

  /** Speaks as a worker does; resolves with the reason for which the probe's connection ends. */
  const answer = (socket: Socket | undefined) =>
    new Promise<ProtocolError>((resolve) => {
      const identity = { role: 'worker', software: 'w', id: 'w', worker: workerHello } as const
      const handler = { onHello: () => undefined, onClose: resolve }
      new Connection(socket as Socket, identity, handler)
    })

  test('is accepted by the kernel of a process that says nothing', async () => {
    open()
    await until(() => told.length > 0)
    expect(told).toEqual(['accepted'])
  })

  test('is answered by a process whose event loop runs, and ends in order', async () => {
    open()
    await until(() => accepted.length > 0)
    const reason = await answer(accepted[0])
    expect(reason.code).toBe('CLOSED')
    expect(told).toEqual(['accepted', 'answered'])
  })

  test('fails when the process exits', async () => {
    open()
    await until(() => accepted.length > 0 && told.length > 0)
    accepted[0]?.resetAndDestroy()
    await until(() => told.length > 1)
    expect(told).toEqual(['accepted', 'failed'])
  })

  test('fails where no server listens', async () => {
    server.close()
    await once(server, 'close')
    open()
    await until(() => told.length > 0)
    expect(told).toEqual(['failed'])
  })

  test('says nothing after it was closed', async () => {
    const probe = open()
    await until(() => accepted.length > 0 && told.length > 0)
    probe.close()
    const reason = await answer(accepted[0])
    expect(reason.code).toBe('CLOSED')
    expect(told).toEqual(['accepted'])
  })
})
