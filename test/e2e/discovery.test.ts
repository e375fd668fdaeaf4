/** `resumelb` with workers that DNS and a file name. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../support/certificates.ts'
import { ask } from '../support/clients.ts'
import { DnsServer } from '../support/dns-server.ts'
import { CommandProcess, startWorkerProcess } from '../support/processes.ts'
import { toolAvailable } from '../support/tools.ts'

const resumelb = 'packages/lb/bin/resumelb.js'
const portOf = (address: string) => Number(address.split(':').pop())

async function connected(balancer: CommandProcess, count: number): Promise<number> {
  const port = portOf(await balancer.address())
  const seen = () => balancer.stderr.split('connected to worker').length - 1
  await until(
    () => seen() >= count,
    () => balancer.stderr,
  )
  return port
}

describe.skipIf(!toolAvailable('dnsmasq'))('a load balancer with names for workers', () => {
  const dns = new DnsServer()
  beforeAll(() => dns.start())
  afterAll(() => dns.dispose())

  test('checks the certificates of workers and HTTPS servers for the name, not the address', async () => {
    const folder = new CertificateFolder()
    onTestFinished(() => folder.remove())
    // makeCertificate adds 127.0.0.1, so the servers are at an address that no certificate has.
    const address = '127.0.0.2'
    const ca = await makeCertificate(['ca'])
    const caFile = folder.write('ca', ca).cert
    const pair = await makeCertificate(['app.test'], { ca })
    const own = folder.write('worker', pair)
    const tls = ['--tls-ca', caFile, '--tls-cert', own.cert, '--tls-key', own.key]
    const worker = await startWorkerProcess(tls, { address: `${address}:0` })
    const server = createServer(pair, (_request, response) => response.end('plain'))
    server.listen(0, address)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port: serverPort } = server.address() as AddressInfo

    await dns.setHosts({ 'app.test': [address] })
    const start = (...args: string[]) =>
      new CommandProcess(
        resumelb,
        [...['-a', '127.0.0.1:0', '-l', '', '-LINFO', '--resolver', dns.address], ...args],
        { NODE_EXTRA_CA_CERTS: caFile },
      )
    const secure = ['--worker-tls-ca', caFile, '--worker-tls-cert', own.cert]
    const key = ['--worker-tls-key', own.key]
    const toWorker = start(...secure, ...key, `dns:app.test:${portOf(worker.address)}`)
    expect((await ask(await connected(toWorker, 1), '/hello')).text).toBe('hello')
    const toServer = start(`https+dns:app.test:${serverPort}`)
    expect((await ask(await connected(toServer, 1), '/')).text).toBe('plain')
  })
})

test('a load balancer follows its workers file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [first, second] = [await startWorkerProcess(), await startWorkerProcess()]
  const file = join(folder, 'workers')
  writeFileSync(file, `${first.address}\n`)
  const args = ['-a', '127.0.0.1:0', '-l', '', '-LINFO', '--workers-file', file]
  const balancer = new CommandProcess(resumelb, args)
  const port = await connected(balancer, 1)
  writeFileSync(file, `${second.address} # instead of the first\n`)
  await connected(balancer, 2)
  await first.process.stop()
  expect((await ask(port, '/hello')).text).toBe('hello')
  expect(balancer.stderr).not.toContain('no connection to worker')
})
