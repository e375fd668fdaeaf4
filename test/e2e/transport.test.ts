/** Where the commands listen and connect: several addresses, unix sockets, PROXY protocol, TLS. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { until } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../support/certificates.ts'
import { ask } from '../support/clients.ts'
import { CommandProcess, startBalancerProcess, startWorkerProcess } from '../support/processes.ts'
import { runTool, testWith } from '../support/tools.ts'

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-transport-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** All addresses that a process has said it listens at. */
function addressesOf({ stderr }: CommandProcess): string[] {
  return [...stderr.matchAll(/"address":"([^"]+)".*"msg":"listening"/g)].map(([, one = '']) => one)
}

const portOf = (address: string) => Number(address.split(':').pop())

describe('a load balancer with several addresses', () => {
  test('serves each with its options, and a worker at a unix socket', async () => {
    const folder = makeFolder()
    const [front, back] = [join(folder, 'lb.sock'), join(folder, 'worker.sock')]
    const worker = await startWorkerProcess([], { address: `unix:${back}?mode=600` })
    expect(worker.address).toBe(`unix:${back}`)
    expect(statSync(back).mode & 0o777).toBe(0o600)
    const config = join(folder, 'lb.yaml')
    writeFileSync(
      config,
      [
        'address:',
        '  - 127.0.0.1:0',
        '  - 127.0.0.1:0?proxy-protocol',
        `  - unix:${front}?mode=660`,
        'trusted-proxy: [loopback, unix]',
        'access-log: ""',
        `workers: [${worker.address}]`,
      ].join('\n'),
    )
    const balancer = new CommandProcess('packages/lb/bin/resumelb.js', ['--config', config])
    await until(() => addressesOf(balancer).length === 3)
    const [plain = '', proxied = '', unix] = addressesOf(balancer)
    expect(unix).toBe(`unix:${front}`)
    expect(statSync(front).mode & 0o777).toBe(0o660)

    const direct = JSON.parse((await ask(portOf(plain), '/client')).text)
    expect(direct).toMatchObject({ remoteAddress: '127.0.0.1', forwardedFor: '127.0.0.1' })

    const local = JSON.parse((await ask(0, '/client', { socketPath: front })).text)
    expect(local).toMatchObject({ remoteAddress: null, forwardedFor: null })

    const socket = connect(portOf(proxied), '127.0.0.1')
    socket.write('PROXY TCP4 203.0.113.9 192.0.2.1 50000 80\r\n')
    socket.write('GET /client HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toContain(
      '{"remoteAddress":"203.0.113.9","encrypted":false,"forwardedFor":"203.0.113.9"}',
    )
    await expect(ask(portOf(proxied), '/hello')).rejects.toThrow()
    const refused = 'it does not begin with a PROXY protocol header'
    await until(() => balancer.stderr.includes(refused))

    expect(await balancer.stop()).toBe(0)
    expect(existsSync(front)).toBe(false)
    expect(await worker.process.stop()).toBe(0)
    expect(existsSync(back)).toBe(false)
  })

  testWith('curl')('takes curl for a proxy', async () => {
    const worker = await startWorkerProcess()
    const args = ['-a', '127.0.0.1:0', '--proxy-protocol', '--trusted-proxy', 'loopback', '-l', '']
    const balancer = new CommandProcess('packages/lb/bin/resumelb.js', [...args, worker.address])
    const url = `http://${await balancer.address()}/client`
    expect(await runTool('curl', ['-sS', '--haproxy-protocol', url])).toContain(
      '"remoteAddress":"127.0.0.1"',
    )
  })

  test('listens at none if one is no good, and says which', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const taken = `127.0.0.1:${(other.address() as { port: number }).port}`
    const socket = join(makeFolder(), 'lb.sock')
    const args = ['-a', `unix:${socket}`, '-a', taken, '127.0.0.1:1']
    const process = new CommandProcess('packages/lb/bin/resumelb.js', args)
    expect(await process.exited).toBe(1)
    expect(process.stderr).toContain(`address already in use ${taken}`)
    expect(process.stderr).not.toContain('listening')
    expect(existsSync(socket)).toBe(false)
  })
})

describe('TLS between load balancers and workers', () => {
  test('lets only those with certificates talk, and takes new ones at SIGHUP', async () => {
    const folder = new CertificateFolder()
    onTestFinished(() => folder.remove())
    const ca = await makeCertificate(['ca'])
    const caFile = folder.write('ca', ca).cert
    const own = folder.write('worker', await makeCertificate(['worker.internal'], { ca }))
    const balancers = folder.write('balancer', await makeCertificate(['lb.internal'], { ca }))
    const tls = (prefix: string, { cert, key }: { cert: string; key: string }) => [
      ...[`--${prefix}-ca`, caFile, `--${prefix}-cert`, cert, `--${prefix}-key`, key],
    ]
    const worker = await startWorkerProcess(tls('tls', own))
    const name = ['--worker-tls-name', 'worker.internal']
    const secure = [...tls('worker-tls', balancers), ...name]
    const { process, port } = await startBalancerProcess([worker], secure)
    expect((await ask(port, '/hello')).text).toBe('hello')

    const resume = (...args: string[]) =>
      new CommandProcess('packages/worker/bin/get-worker-resume.js', [...args, worker.address])
    const told = resume(...tls('tls', balancers), '--tls-name', 'worker.internal')
    expect(await told.exited).toBe(0)
    expect(told.stdout).toContain('ready, 0 in progress, 1 load balancer')
    const untold = resume()
    expect(await untold.exited).toBe(1)
    expect(untold.stdout).toBe('')
    await until(() => worker.process.stderr.includes('it does not speak TLS'))

    const next = await makeCertificate(['next ca'])
    folder.write('ca', next)
    folder.write('worker', await makeCertificate(['worker.internal'], { ca: next }))
    folder.write('balancer', await makeCertificate(['lb.internal'], { ca: next }))
    for (const each of [worker.process, process]) {
      each.signal('SIGHUP')
      await until(() => each.stderr.includes('"msg":"certificate reloaded"'))
    }
    expect((await ask(port, '/hello')).text).toBe('hello')
    const { process: newcomer } = await startBalancerProcess([worker], secure)
    expect(newcomer.stderr).not.toContain('no connection to worker')
  })
})
