/**
 * More connections to a worker than it has file descriptors, all from clients that send nothing.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parseAddress, type TcpAddress } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { expect, onTestFinished } from 'vitest'
import { ask } from '../../support/clients.ts'
import { startBalancerProcess, startWorkerProcess } from '../../support/processes.ts'
import { testWith } from '../../support/tools.ts'

const descriptors = 96

testWith('prlimit')(
  'lock no load balancer out of a worker, and leave its handlers files to open',
  async () => {
    const worker = await startWorkerProcess()
    const { pid } = worker.process
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:${descriptors}`])
    const sockets: Socket[] = []
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    const place = parseAddress(worker.address) as TcpAddress
    for (let count = 0; count < descriptors + 24; count++) {
      const socket = connect(place)
      socket.on('error', () => undefined)
      sockets.push(socket)
    }
    await Promise.all(sockets.map((socket) => socket.connecting && once(socket, 'connect')))
    const balancer = await startBalancerProcess([worker])
    for (let count = 0; count < 5; count++) {
      const { status, text } = await ask(balancer.port, '/file')
      expect([status, text.includes('An application')]).toEqual([200, true])
    }
    const ended = 'connection of an unidentified client ended'
    await until(() => worker.process.stderr.includes(ended))
    // Not a line for each.
    expect(worker.process.stderr.split('unidentified client').length).toBeLessThan(10)
  },
)
