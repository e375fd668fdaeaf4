import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { formatAddress } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { WorkerOptions } from '../../src/options.ts'
import { TestBalancer } from '../support/balancer.ts'
import { Command } from '../support/command.ts'
import { serve } from '../support/setup.ts'

const timeout = 120_000

async function silentAddress(): Promise<string> {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function workerWithSkills(options: WorkerOptions = {}): Promise<string> {
  const all = { description: 'me', ...options }
  const { worker, balancer } = await serve((_req, res) => res.end('ok'), all)
  await balancer.fetch({ requestClass: 'a.example' })
  return formatAddress(worker.address)
}

describe('get-worker-resume', () => {
  test(
    'prints the résumé for people',
    async () => {
      const address = await workerWithSkills({ standby: true, capacity: 2.5, concurrency: 3 })
      const command = new Command('get-worker-resume', [address])
      expect(await command.exited).toBe(0)
      const [head, row] = command.stdout.split('\n')
      const facts = `${address} (me): ready on standby, 0 in progress, 1 load balancer, 1 class, concurrency 3, capacity 2.5, `
      expect(head?.startsWith(facts)).toBe(true)
      expect(head).toMatch(/event loop \d+ ms late$/)
      expect(row).toMatch(/^ +[\d.e+]+ requests\/s {2}a\.example$/)
    },
    timeout,
  )

  test(
    'shows no concurrency for a worker without a limit, and the empty class as ""',
    async () => {
      const { worker, balancer } = await serve((_req, res) => res.end('ok'))
      await balancer.fetch({ requestClass: '' })
      const command = new Command('get-worker-resume', [formatAddress(worker.address)])
      expect(await command.exited).toBe(0)
      const [head, row] = command.stdout.split('\n')
      expect(head).toContain('1 class, no concurrency limit, event loop')
      expect(row).toMatch(/^ +[\d.e+]+ requests\/s {2}""$/)
    },
    timeout,
  )

  test(
    'prints JSON for programs, and status 1 if a worker gives no answer',
    async () => {
      const addresses = [await workerWithSkills(), 'unix:/nowhere/resumelb.sock']
      const command = new Command('get-worker-resume', ['--json', '-t1m', ...addresses])
      expect(await command.exited).toBe(1)
      const answers = JSON.parse(command.stdout)
      expect(answers.map(({ address }: { address: string }) => address)).toEqual(addresses)
      expect(Object.keys(answers[0].resume)).toEqual(['a.example'])
      expect(answers[1].error).toContain('cannot connect to unix:/nowhere')
    },
    timeout,
  )

  test(
    'waits for an answer for the time of --timeout',
    async () => {
      const command = new Command('get-worker-resume', ['-t1', await silentAddress()])
      expect(await command.exited).toBe(1)
      expect(command.stderr).toMatch(/gave no résumé: no HELLO in \d+ ms\n$/)
    },
    timeout,
  )

  test(
    'prints again and again if asked to',
    async () => {
      const { worker } = await serve((_req, res) => res.end('ok'))
      const address = formatAddress(worker.address)
      const command = new Command('get-worker-resume', ['--watch', '0.01', address])
      await until(() => command.stdout.split('\n').length > 3)
      command.signal('SIGTERM')
      await command.exited
      for (const line of command.stdout.split('\n').slice(0, 3)) {
        expect(line).toContain(`${address}: ready, 0 in progress`)
      }
    },
    timeout,
  )

  test(
    'waits until so many load balancers are connected',
    async () => {
      const { worker } = await serve((_req, res) => res.end('ok'))
      const address = formatAddress(worker.address)
      const args = ['--wait', '60', '--balancers', '2', '--json', address]
      const command = new Command('get-worker-resume', args)
      await TestBalancer.connect(worker)
      expect(await command.exited).toBe(0)
      expect(JSON.parse(command.stdout)[0]).toMatchObject({ address, balancers: 2 })
    },
    timeout,
  )

  // With `| true`, it ended with the stack of an unhandled EPIPE.
  test(
    'exits with 0 if the reader of its output leaves',
    async () => {
      const addresses = [await workerWithSkills(), await workerWithSkills()]
      const command = new Command('get-worker-resume', addresses)
      command.stopReading()
      expect(await command.exited).toBe(0)
      expect(command.stderr).toBe('')
    },
    timeout,
  )

  test.each([
    ['', 'Expected the address'],
    ['--balancers 2 127.0.0.1:1', '--balancers requires --wait'],
    ['-t abc 127.0.0.1:1', 'Expected --timeout to be seconds from 0.01'],
  ])(
    'called with "%s" says what is wrong, with status 2',
    async (words, message) => {
      const command = new Command('get-worker-resume', words.split(' ').filter(Boolean))
      expect(await command.exited).toBe(2)
      expect(command.stderr).toContain(message)
    },
    timeout,
  )
})
