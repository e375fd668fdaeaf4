/** A load balancer that is replaced by a new process, or gets its socket from systemd. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { descriptorOf, listenAt } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import { ask, keepAlive, Load } from '../support/clients.ts'
import { startWorkerProcess } from '../support/processes.ts'

/** More by hand. */
const restarts = Number(process.env['RESUMELB_RESTARTS'] ?? 3)

const command = fileURLToPath(new URL('../../packages/lb/bin/resumelb.js', import.meta.url))

interface Line {
  readonly pid: number
  readonly msg: string
  readonly address?: string
  readonly reason?: string
}

/** A command and its successors, which write to the same standard error. */
class Generations {
  readonly #child: ChildProcess
  #text = ''

  constructor(words: readonly string[], socket?: number) {
    // The shell knows the number of the process that it becomes.
    const script = 'LISTEN_PID=$$ exec "$@"'
    this.#child = spawn('sh', ['-c', script, 'sh', process.execPath, command, ...words], {
      stdio: ['ignore', 'ignore', 'pipe', ...(socket === undefined ? [] : [socket])],
      env: {
        ...process.env,
        ...(socket !== undefined && { LISTEN_FDS: '1', LISTEN_FDNAMES: 'web' }),
      },
    })
    const { stderr } = this.#child
    stderr?.on('data', (chunk) => {
      this.#text += chunk
    })
    onTestFinished(async () => {
      for (const pid of this.running) process.kill(pid, 'SIGKILL')
      if (!(stderr as Readable).closed) await once(stderr as Readable, 'close')
    })
  }

  get lines(): Line[] {
    const complete = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1)
    return (
      complete
        .split('\n')
        // What a command says as it fails is no JSON.
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line))
    )
  }

  /** All that have begun to listen, the newest last. */
  get pids(): number[] {
    const listening = this.lines.filter(({ msg }) => msg === 'listening')
    return [...new Set(listening.map(({ pid }) => pid))]
  }

  get running(): number[] {
    return this.pids.filter((pid) => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    })
  }

  toString(): string {
    return this.#text
  }

  said(msg: string): Line[] {
    return this.lines.filter((line) => line.msg === msg)
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pids.at(-1) as number, signal)
  }

  until(isTrue: () => boolean): Promise<void> {
    return until(isTrue, () => `it says\n${this.#text}`, 30_000)
  }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'resumelb-handover-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

test(
  'at SIGUSR2, a new process takes over, and no request is lost',
  async () => {
    const place = await folder()
    const config = join(place, 'lb.json')
    const socketPath = join(place, 'lb.sock')
    const admin = `unix:${join(place, 'admin.sock')}`
    const workers = await Promise.all([1, 2].map(() => startWorkerProcess()))
    const options = { address: ['127.0.0.1:0', `unix:${socketPath}`], 'access-log': '', admin }
    const write = (more: object) =>
      writeFile(
        config,
        JSON.stringify({ ...options, ...more, workers: workers.map((w) => w.address) }),
      )
    await write({})
    const generations = new Generations(['--config', config])
    await generations.until(() => generations.said('connected to worker').length >= 2)
    await generations.until(() => generations.said('listening').length === 2)
    const [tcp] = generations.said('listening')
    const port = Number(tcp?.address?.split(':').pop())

    const agent = keepAlive(8)
    let count = 0
    const load = new Load(12, () => {
      const headers = { host: `site${count++ % 20}.example` }
      if (count % 4 === 0)
        return ask(port, '/upload', { headers, agent: false, method: 'POST' }, 'x')
      if (count % 4 === 1) return ask(port, '/hello', { headers, agent: false, socketPath })
      return ask(port, `/slow?ms=${count % 20}`, { headers, agent })
    })
    await load.more(100)

    await write({ 'no-such-option': 1 })
    generations.signal('SIGUSR2')
    const failed = 'the new process failed to start: this one continues'
    await generations.until(() => generations.said(failed).length === 1)
    expect(generations.said(failed)[0]).toMatchObject({ reason: 'it exited with 2' })
    await write({})

    for (let restart = 1; restart <= restarts; restart++) {
      await load.more(50)
      generations.signal('SIGUSR2')
      const served = 'the new process serves: this one drains'
      await generations.until(() => generations.said(served).length === restart)
    }
    await load.more(100)
    const { statuses, errors } = await load.stop()
    expect([[...statuses.keys()], [...errors]], `${generations}`).toEqual([[200], []])
    agent.destroy()

    await generations.until(() => generations.running.length === 1)
    expect(generations.pids).toHaveLength(restarts + 1)
    const status = await ask(0, '/status', { socketPath: join(place, 'admin.sock') })
    expect(JSON.parse(status.text).balancer.pid).toBe(generations.pids.at(-1))
    generations.signal('SIGTERM')
    await generations.until(() => generations.running.length === 0)
    await expect(stat(socketPath)).rejects.toThrow('ENOENT')
  },
  60_000 + restarts * 10_000,
)

test('listens at a socket that systemd passes, and hands it over', async () => {
  const worker = await startWorkerProcess()
  const server = createServer()
  await listenAt(server, { host: '127.0.0.1', port: 0 })
  const { port } = server.address() as { port: number }
  const words = ['-a', 'fd:web', '-l', '', worker.address]
  const generations = new Generations(words, descriptorOf(server))
  server.close()
  expect((await ask(port, '/hello', { agent: false })).status).toBe(200)
  await generations.until(() => generations.pids.length === 1)
  generations.signal('SIGUSR2')
  await generations.until(() => generations.pids.length === 2)
  expect((await ask(port, '/hello', { agent: false })).status).toBe(200)
  await generations.until(() => generations.running.length === 1)
  generations.signal('SIGTERM')
  await generations.until(() => generations.running.length === 0)
})
