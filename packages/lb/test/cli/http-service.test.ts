import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { get } from 'node:http'
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  awaitedClock,
  formatAddress,
  listenAt,
  silentLogger,
  type TcpAddress,
} from '@resumelb/common'
import { readCommandLine } from '@resumelb/common/cli'
import pino from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ipv6Available } from '../../../../test/support/tools.ts'
import { HttpService } from '../../src/cli/http-service.ts'
import { ListeningSockets } from '../../src/cli/restart/listening-sockets.ts'
import { resumelbSyntax } from '../../src/cli/resumelb-syntax.ts'
import type { SharedLine } from '../../src/cli/syntax.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { startWorker, until } from '../support/balancer.ts'
import { answer } from '../support/tiny-worker.ts'

interface Line {
  readonly level: string
  readonly msg: string
  readonly address?: string
  readonly dropped?: number
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'resumelb-http-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** The service of a command that is called with these words, and what it logs. */
async function serviceOf(words: readonly string[], sockets = new ListeningSockets([])) {
  const worker = await startWorker((caught) =>
    answer(JSON.stringify([caught.head.remoteAddress, caught.head.headers]))(caught),
  )
  const { values } = readCommandLine(words, resumelbSyntax) as SharedLine
  const balancer = new LoadBalancer({
    workers: [worker.address],
    trustedProxies: values.trustedProxy,
    log: silentLogger,
  })
  onTestFinished(() => balancer.destroy())
  const lines: Line[] = []
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const service = new HttpService({
    name: 'resumelb',
    values,
    certificates: undefined,
    balancer,
    sockets,
    log,
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return { service, balancer, lines }
}

async function start(...words: string[]) {
  const started = await serviceOf(words)
  await started.service.start()
  onTestFinished(() => started.service.stop())
  return started
}

async function bodyOf(options: object): Promise<string> {
  const request = get({ ...options, agent: false })
  const [response] = await once(request, 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return body
}

function open(place: NetConnectOpts): Promise<Socket> {
  const socket = connect(place)
  onTestFinished(() => void socket.destroy())
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket))
    socket.on('error', () => undefined)
  })
}

describe('several addresses', () => {
  test('are all served, and each has a line in the log', async () => {
    const socketPath = join(await folder(), 'lb.sock')
    const second = ipv6Available() ? '::1' : '127.0.0.1'
    const words = ['127.0.0.1:0', formatAddress({ host: second, port: 0 })]
    const addresses = [...words, `unix:${socketPath}?mode=600`].flatMap((word) => ['-a', word])
    const { service, lines } = await start(...addresses)
    const listening = lines.filter(({ msg }) => msg === 'listening').map(({ address }) => address)
    expect(listening).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      expect.stringContaining(second),
      `unix:${socketPath}`,
    ])
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
    expect(service.address).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
    for (const [address = '', client] of [
      [listening[0], '127.0.0.1'],
      [listening[1], second],
    ]) {
      const port = Number(address.split(':').pop())
      expect(await bodyOf({ host: client, port })).toContain(`["${client}",`)
    }
    await service.stop()
    await expect(stat(socketPath)).rejects.toThrow('ENOENT')
  })

  test('are all left if one of them cannot be had', async () => {
    const path = await folder()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as { port: number }
    const socketPath = join(path, 'lb.sock')
    const { service } = await serviceOf(['-a', `unix:${socketPath}`, '-a', `127.0.0.1:${port}`])
    await expect(service.start()).rejects.toThrow(`address already in use 127.0.0.1:${port}`)
    await expect(stat(socketPath)).rejects.toThrow('ENOENT')
  })

  test('share --max-connections', async () => {
    const socketPath = join(await folder(), 'lb.sock')
    const addresses = ['-a', '127.0.0.1:0', '-a', `unix:${socketPath}`]
    const { service, balancer } = await start(...addresses, '--max-connections', '2')
    const refused: unknown[] = []
    balancer.events.on('connectionRefused', ({ cause }) => refused.push(cause))
    const { port } = service.address as TcpAddress
    const first = await open({ port, host: '127.0.0.1' })
    const second = await open({ path: socketPath })
    // Until both have been answered, it is open which are accepted first.
    for (const socket of [first, second]) {
      socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
      await once(socket, 'data')
    }
    const third = await open({ port, host: '127.0.0.1' })
    const fourth = await open({ path: socketPath })
    for (const socket of [third, fourth]) {
      socket.resume()
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
    }
    expect(refused).toEqual(['TOO_MANY_CONNECTIONS', 'TOO_MANY_CONNECTIONS'])
    first.destroy()
    await until(async () => (await bodyOf({ socketPath }).catch(() => '')) !== '')
  })
})

describe('the end', () => {
  test('is announced for --drain-delay, in which new clients are served as before', async () => {
    const { service, balancer, lines } = await start('-a', '127.0.0.1:0', '--drain-delay', '1h')
    const { port } = service.address as TcpAddress
    expect(balancer.isDraining).toBe(false)
    const after = vi.spyOn(awaitedClock, 'after').mockReturnValueOnce(() => undefined)
    onTestFinished(() => after.mockRestore())
    const stopped = service.stop()
    expect(balancer.isDraining).toBe(true)
    const request = get({ host: '127.0.0.1', port, headers: { connection: 'keep-alive' } })
    const [response] = await once(request, 'response')
    response.resume()
    expect([response.statusCode, response.headers.connection]).toEqual([200, 'keep-alive'])
    const [[delay, endDelay] = []] = after.mock.calls
    expect(delay).toBe(3_600_000)
    endDelay?.()
    await stopped
    const line = { drainDelaySeconds: 3_600, msg: 'not ready any more: draining soon' }
    expect(lines.at(-1)).toMatchObject(line)
    await expect(bodyOf({ host: '127.0.0.1', port })).rejects.toThrow('ECONNREFUSED')
  })

  test('waits for no --drain-delay where clients were never served', async () => {
    const { service } = await serviceOf(['-a', '127.0.0.1:0', '--drain-delay', '1h'])
    await service.stop()
  })
})

describe('a service that stops', () => {
  /** What it asks of its load balancer. */
  async function drained(stop: (service: HttpService) => Promise<void>, ...words: string[]) {
    const sockets = new ListeningSockets([])
    // Two servers of one process cannot listen at the same descriptor.
    sockets.listenAtPassed = (server) => listenAt(server, { host: '127.0.0.1', port: 0 })
    const { service, balancer } = await serviceOf(words, sockets)
    await service.start()
    const drain = vi.spyOn(balancer, 'drain')
    await stop(service)
    return drain.mock.calls[0]?.[0]
  }

  test('closes idle connections at once', async () => {
    const stop = (service: HttpService) => service.stop()
    expect(await drained(stop, '-a', '127.0.0.1:0')).toEqual({ keepsIdle: false })
  })

  test('keeps them for requests on their way, if another process serves or will serve', async () => {
    const handOver = (service: HttpService) => {
      service.handOver()
      return service.stop()
    }
    expect(await drained(handOver, '-a', '127.0.0.1:0')).toEqual({ keepsIdle: true })
    const stop = (service: HttpService) => service.stop()
    expect(await drained(stop, '-a', 'fd:web')).toEqual({ keepsIdle: true })
  })
})

describe('a unix socket', () => {
  const clientAndFields = async (socketPath: string, headers: object) => {
    const [client, fields] = JSON.parse(await bodyOf({ socketPath, headers }))
    const pairs = (fields as string).split('\n')
    const fieldOf = (name: string) => pairs[pairs.indexOf(name) + 1]
    return { client, forwardedFor: pairs.includes('X-Forwarded-For') && fieldOf('X-Forwarded-For') }
  }

  test('has clients without an address, which are not believed', async () => {
    const socketPath = join(await folder(), 'lb.sock')
    await start('-a', `unix:${socketPath}`)
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    expect(await clientAndFields(socketPath, headers)).toEqual({ client: '', forwardedFor: false })
  })

  test('passes on what a proxy says, if unix is trusted', async () => {
    const socketPath = join(await folder(), 'lb.sock')
    await start('-a', `unix:${socketPath}`, '--trusted-proxy', 'unix')
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const told = { client: '203.0.113.9', forwardedFor: '203.0.113.9' }
    expect(await clientAndFields(socketPath, headers)).toEqual(told)
    expect(await clientAndFields(socketPath, {})).toEqual({ client: '', forwardedFor: false })
  })
})
