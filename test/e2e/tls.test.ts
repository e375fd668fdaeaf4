/** HTTPS and HTTP/2 through the commands, with certificates that change, and real clients. */
import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { until } from '@resumelb/common/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../support/certificates.ts'
import { ask } from '../support/clients.ts'
import { CommandProcess, fixture } from '../support/processes.ts'
import { testWith } from '../support/tools.ts'

const bin = 'packages/lb/bin/resumelb.js'
const folder = new CertificateFolder()
const ends: (() => Promise<void>)[] = []
let a: { cert: string; key: string }
let b: { cert: string; key: string }
let worker: string
let balancer: CommandProcess
let securePort: number
let plainPort: number

beforeAll(async () => {
  a = folder.write('a', await makeCertificate(['a.localhost', 'localhost']))
  b = folder.write('b', await makeCertificate(['*.b.localhost']))
  const end = (each: () => Promise<void>) => void ends.push(each)
  const workerArgs = [fixture('app.mjs'), '-a', '127.0.0.1:0']
  const workerBin = 'packages/worker/bin/resumelb-worker.js'
  worker = await new CommandProcess(workerBin, workerArgs, {}, end).address()
  balancer = new CommandProcess(
    bin,
    [
      ...['-LINFO', '-a', 'https://127.0.0.1:0', '-a', 'http://127.0.0.1:0', worker],
      ...['--tls-cert', a.cert, '--tls-key', a.key, '--tls-cert', b.cert, '--tls-key', b.key],
    ],
    {},
    end,
  )
  const ports = () =>
    [...balancer.stderr.matchAll(/"address":"127.0.0.1:(\d+)"/g)].map(([, port]) => Number(port))
  await until(() => ports().length === 2 && balancer.stderr.includes('connected to worker'))
  ;[securePort = 0, plainPort = 0] = ports()
})
afterAll(async () => {
  for (const end of ends) await end()
  folder.remove()
})

/** The name in the certificate that the load balancer shows for a server name. */
async function nameFor(servername: string): Promise<unknown> {
  const options = { host: '127.0.0.1', port: securePort, servername, rejectUnauthorized: false }
  const socket = connect(options)
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return CN
}

async function curl(path: string, ...args: string[]): Promise<string> {
  const known = ['--cacert', a.cert, '--resolve', `localhost:${securePort}:127.0.0.1`]
  const url = `https://localhost:${securePort}${path}`
  return (await promisify(execFile)('curl', ['-sS', ...known, ...args, url])).stdout
}

describe('resumelb with certificates', () => {
  test('serves HTTPS at one address, HTTP at another, and chooses by server name', async () => {
    expect(await nameFor('a.localhost')).toBe('a.localhost')
    expect(await nameFor('x.b.localhost')).toBe('*.b.localhost')
    expect((await ask(plainPort, '/hello')).text).toBe('hello')
  })

  testWith('curl')('serves curl, by HTTP/2 and HTTP/1.1', async () => {
    const version = ['-w', ' %{http_version}']
    expect(await curl('/hello', '--http2', ...version)).toBe('hello 2')
    expect(await curl('/hello', '--http1.1', ...version)).toBe('hello 1.1')
    expect(await curl('/hello', '--http2', '-I')).toMatch(/^HTTP\/2 200/)
    const large = folder.file('large')
    writeFileSync(large, Buffer.alloc(5_000_000, 'x'))
    for (const http of ['--http2', '--http1.1']) {
      const stored = await curl('/upload', http, '-T', large, '-H', 'Expect: 100-continue')
      expect(stored).toContain('5000000')
      const size = ['-o', '/dev/null', '-w', '%{size_download}']
      expect(await curl('/download?bytes=3000000', http, ...size)).toBe('3000000')
    }
    await until(
      () => /"GET \/hello HTTP\/2\.0" 200 5/.test(balancer.stdout),
      () => balancer.stdout,
    )
  })

  testWith('h2load')('serves many requests of h2load, without an error', async () => {
    const args = ['-n', '2000', '-c', '4', '-m', '50', `https://127.0.0.1:${securePort}/hello`]
    const { stdout } = await promisify(execFile)('h2load', args)
    expect(stdout).toContain('2000 succeeded, 0 failed, 0 errored, 0 timeout')
  })

  test('reloads its certificates on SIGHUP, and keeps the old one if the new one is bad', async () => {
    folder.write('b', await makeCertificate(['*.b.localhost', 'new.localhost']))
    balancer.signal('SIGHUP')
    await until(() => balancer.stderr.includes('certificate reloaded'))
    expect(await nameFor('new.localhost')).toBe('*.b.localhost')
    writeFileSync(b.key, 'nothing')
    balancer.signal('SIGHUP')
    await until(() =>
      balancer.stderr.includes('cannot reload the configuration; the old one stays in force'),
    )
    await until(() => balancer.stderr.includes('it has no BEGIN PRIVATE KEY'))
    expect(await nameFor('new.localhost')).toBe('*.b.localhost')
  })

  test.each<[string, () => string[], RegExp]>([
    ['a file that is missing', () => ['--tls-cert', 'none.pem'], /--tls-cert.*no such file/],
    [
      'a key of another',
      () => ['--tls-cert', a.cert, '--tls-key', folder.file('c.key')],
      /--tls-key/,
    ],
    [
      'a key too few',
      () => ['--tls-cert', a.cert, '--tls-cert', b.cert, '--tls-key', a.key],
      /2.*1/,
    ],
    ['https without a certificate', () => ['-a', 'https://127.0.0.1:0'], /tls-cert/],
  ])('refuses %s', async (_what, args, message) => {
    folder.write('c', await makeCertificate(['c.localhost']))
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args(), worker], {
      encoding: 'utf8',
      cwd: new URL('../../', import.meta.url),
    })
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})
