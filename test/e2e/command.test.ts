/** The command `resumelb` as people type it. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { LoadBalancer } from '@resumelb/lb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { CommandProcess, fixture, requestsAt, startWorkerProcess } from '../support/processes.ts'
import { ipv6Available } from '../support/tools.ts'

const bin = 'packages/lb/bin/resumelb.js'

/** Starts the command and waits until it listens. */
async function start(...args: string[]) {
  const process = new CommandProcess(bin, args)
  const port = Number((await process.address()).split(':').pop())
  return { process, port }
}

/** Asks until a worker answers. */
async function greeting(port: number, host = '127.0.0.1'): Promise<string> {
  return (await ask(port, '/hello', { host })).text
}

describe('resumelb', () => {
  test("works as in the original's example, and logs requests to standard output", async () => {
    const worker = await startWorkerProcess()
    const { process, port } = await start('-LINFO', '-a', ':0', worker.address)
    expect(await greeting(port)).toBe('hello')
    expect(await process.stop()).toBe(0)
    expect(process.stdout).toMatch(/"GET \/hello HTTP\/1\.1" 200 5 "-" "-"\n$/)
  })

  test('prints its port even if the log is silent', async () => {
    const { process } = await start('-L', 'SILENT', '-a', '127.0.0.1:0', '127.0.0.1:1')
    expect(process.stderr).toMatch(/^resumelb: listening on 127\.0\.0\.1:\d+\n$/)
  })

  test.skipIf(!ipv6Available())('listens on IPv6', async () => {
    const worker = await startWorkerProcess()
    const { port } = await start('-a', '[::1]:0', '-l', '', worker.address)
    expect(await greeting(port, '::1')).toBe('hello')
  })

  test('reaches workers by name', async () => {
    const worker = await startWorkerProcess([], { address: '127.0.0.1:0' })
    const address = worker.address.replace('127.0.0.1', 'localhost')
    const { port } = await start('-a', '127.0.0.1:0', '-l', '', address)
    expect(await greeting(port)).toBe('hello')
  })

  test('takes its options from a file, and the command line before it', async () => {
    const worker = await startWorkerProcess()
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-command-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'resumelb.yaml')
    const lines = ['address: 127.0.0.1:0', "access-log: ''", 'wait-timeout: 60', 'workers:']
    writeFileSync(file, [...lines, `  - ${worker.address}`].join('\n'))
    const { port } = await start('--config', file)
    expect(await greeting(port)).toBe('hello')
    const nowhere = await start('--config', file, '--wait-timeout', '0.1', '127.0.0.1:1')
    expect((await ask(nowhere.port, '/hello')).status).toBe(503)
  })

  test('has the given classifier and limits', async () => {
    const worker = await startWorkerProcess()
    const { port, process } = await start(
      ...['-a', '127.0.0.1:0', '-l', '', '-r', `${fixture('classify.mjs')}#byFirstLetter`],
      ...['--response-timeout', '0.3', '-LDEBUG', worker.address],
    )
    expect((await ask(port, '/never')).status).toBe(504)
    await until(() => process.stderr.includes('"requestClass":"n"'))
  })

  test('has the given page', async () => {
    const worker = await startWorkerProcess()
    const words = ['-a', '127.0.0.1:0', '-l', '', '-e', '<p>Broken</p>', worker.address]
    const { port } = await start(...words)
    const broken = ask(port, '/slow?ms=100000', { method: 'POST' })
    await until(async () => (await requestsAt(worker)) === 1)
    await worker.process.kill()
    expect(await broken).toMatchObject({ status: 502, text: '<p>Broken</p>' })
  })

  const mistakes: [what: string, args: string[], says: string][] = [
    ['no worker', [], 'at least one worker'],
    ['an unknown option', ['--colour', 'red', ':1'], 'colour'],
    ['an address that is none', ['nowhere'], 'nowhere'],
    ['a port that is none', ['-a', ':99999', ':1'], ':99999'],
    ['an unknown pool', ['--pool', 'swimming', ':1'], 'swimming'],
    ['a classifier without a class', ['-r', 'regexp path .*', ':1'], '(?<class>'],
    [
      'a number that is none',
      ['--wait-timeout', 'soon', ':1'],
      'wait-timeout to be seconds from 0 to 86400',
    ],
    ['a setting that is none', ['--variance', 'x', ':1'], 'variance to be a number from'],
    ['a time that is none', ['--drain-timeout', 'soon', ':1'], 'drain-timeout'],
    ['a limit that is none', ['-m', '0', ':1'], 'max-connections'],
    ['a level that is none', ['-LLOUD', ':1'], 'LOUD'],
    ['a config that is not there', ['--config', '/no/such/file', ':1'], '/no/such/file'],
    ['a module that is not there', ['-r', './no-such.js', ':1'], 'no-such.js'],
  ]
  test.each(mistakes)('leaves with 2, and says why, for %s', async (_what, args, says) => {
    const process = new CommandProcess(bin, ['-a', '127.0.0.1:0', ...args])
    expect(await process.exited).toBe(2)
    expect(process.stderr).toContain(says)
    expect(process.stderr).toContain('resumelb --help')
    expect(process.stderr).not.toContain('    at ')
  })

  test('leaves with 1 if the port is taken', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const process = new CommandProcess(bin, ['-a', `127.0.0.1:${port}`, ':1'])
    expect(await process.exited).toBe(1)
    expect(process.stderr).toContain('resumelb: --address: listen EADDRINUSE')
  })

  // It never left: at its exit, pino went on trying to write what the disk had not taken.
  test.skipIf(!existsSync('/dev/full'))(
    'leaves although its access log is on a full disk',
    async () => {
      const worker = await startWorkerProcess()
      const { process, port } = await start('-a', '127.0.0.1:0', '-l', '/dev/full', worker.address)
      expect(await greeting(port)).toBe('hello')
      expect(await process.stop()).toBe(0)
      expect(process.stderr).toContain('access log lines lost')
    },
  )

  test('leaves with 1, and a line that says why, if it cannot write its access log', async () => {
    const process = new CommandProcess(bin, ['-a', '127.0.0.1:0', '-l', '/no/such/log', ':1'])
    expect(await process.exited).toBe(1)
    expect(process.stderr).toMatch(/^resumelb: .*\/no\/such\/log.*\n$/)
  })

  test.each(['--help', '--version'])('leaves with 0 for %s', async (option) => {
    const process = new CommandProcess(bin, [option])
    expect(await process.exited).toBe(0)
    expect(process.stdout).toMatch(option === '--help' ? /WORKER\.\.\./ : /^\d+\.\d+\.\d+/)
  })
})

describe('LoadBalancer', () => {
  test("is a part of anybody's server", async () => {
    const worker = await startWorkerProcess()
    const balancer = new LoadBalancer({ workers: [worker.address] })
    const server = createServer((request, response) => {
      if (request.url === '/health') response.end('healthy')
      else balancer.handleRequest(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      server.closeAllConnections()
      server.close()
      await balancer.close()
    })
    const { port } = server.address() as AddressInfo
    expect((await ask(port, '/health')).text).toBe('healthy')
    expect(await greeting(port)).toBe('hello')
  })

  test.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const)(
    'goes on at %s, as its workers do, without a debugger',
    async (signal) => {
      const worker = await startWorkerProcess()
      const { process, port } = await start('-a', '127.0.0.1:0', '-l', '', worker.address)
      expect(await greeting(port)).toBe('hello')
      worker.process.signal(signal)
      process.signal(signal)
      expect(await greeting(port)).toBe('hello')
      expect(await worker.process.stop()).toBe(0)
      expect(await process.stop()).toBe(0)
      expect(process.stderr + worker.process.stderr).not.toContain('Debugger')
    },
  )
})
