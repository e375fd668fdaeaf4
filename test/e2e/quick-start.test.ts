/** What `npm start` does, with its real processes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { AdminStatus } from '@resumelb/lb'
import { afterEach, describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))

interface QuickStart {
  readonly process: ChildProcess
  readonly port: number
  /** Of the worker that the text for the user names as the one to kill. */
  readonly workerPid: number
  readonly workerPorts: readonly number[]
  /** Everything printed so far. */
  output(): string
}

interface Reply {
  readonly status: number
  readonly worker: string | undefined
  readonly index: string | undefined
}

let running: ChildProcess | undefined

afterEach(async () => {
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
  running.kill('SIGTERM')
  await once(running, 'exit')
})

/** Starts it on a free port and waits until it has told the user what to try. */
async function start(): Promise<QuickStart> {
  const child = spawn(process.execPath, [script, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running = child
  let output = ''
  const printed = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => {
        output += part.toString()
        if (output.includes('Ctrl-C stops everything')) resolve()
      })
    }
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${output}`)))
  })
  await printed
  const port = Number(/http:\/\/127\.0\.0\.1:(\d+)\//.exec(output)?.[1])
  const workerPid = Number(/kill -9 (\d+)/.exec(output)?.[1])
  const addresses = /get-worker-resume\.js (.*)/.exec(output)?.[1] ?? ''
  const workerPorts = [...addresses.matchAll(/:(\d+)/g)].map(([, digits]) => Number(digits))
  return { process: child, port, workerPid, workerPorts, output: () => output }
}

function search(port: number, tenant: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${tenant}.localhost` }
    request({ host: '127.0.0.1', port, path: '/search?q=contract', headers, agent: false })
      .once('response', (response) => {
        const { 'x-worker': worker, 'x-index': index } = response.headers
        response.resume().once('end', () => {
          resolve({ status: response.statusCode ?? 0, worker: `${worker}`, index: `${index}` })
        })
      })
      .once('error', reject)
      .end()
  })
}

/** Whether anything accepts connections there. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** The processes that it has started. */
function children(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return list.trim().split(' ').map(Number)
}

/** Whether the process is there, and not only waits to be buried. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function openPorts({ port, workerPorts }: QuickStart): Promise<number[]> {
  const all = [port, ...workerPorts]
  const open = await Promise.all(all.map(isOpen))
  return all.filter((_, index) => open[index])
}

describe('npm start', () => {
  test('answers each tenant mostly from a worker that has its index', async () => {
    const { port } = await start()
    const replies: Reply[] = []
    for (let round = 0; round < 8; round++) {
      for (let number = 1; number <= 8; number++) {
        replies.push(await search(port, `tenant-0${number}`))
      }
    }
    expect(replies.filter(({ status }) => status !== 200)).toEqual([])
    // Chance among four workers would leave about 32 of the 64 cold.
    expect(replies.filter(({ index }) => index === 'cold').length).toBeLessThanOrEqual(16)
    expect(new Set(replies.map(({ worker }) => worker)).size).toBeGreaterThan(1)
  })

  test('suggests to watch a tenant that is cold at first, and then warm', async () => {
    const { port, output } = await start()
    const [, once] = /Send a request.*(tenant-\d+)/.exec(output()) ?? []
    const [, watched] = /Show worker and cache.*(tenant-\d+)/.exec(output()) ?? []
    const replies: Reply[] = [await search(port, `${once}`)]
    for (let i = 0; i < 5; i++) replies.push(await search(port, `${watched}`))
    const [, first, ...others] = replies.map(({ index }) => index)
    expect(first).toBe('cold')
    // Others of the four workers may have been tried while the first one was busy.
    expect(others).toContain('warm')
  })

  test('shows a page on which classes settle on workers', async () => {
    const { output } = await start()
    const [, address, token] = /(http:\/\/127\.0\.0\.1:\d+\/)#token=(\w+)/.exec(output()) ?? []
    const page = await fetch(`${address}`, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('page.js')
    const settled = async () => {
      const { classes } = (await (await fetch(`${address}status`)).json()) as AdminStatus
      return classes.filter(({ workers }) => workers.some(({ role }) => role === 'home')).length
    }
    await expect.poll(settled, { timeout: 60_000 }).toBeGreaterThan(8)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const changed = await fetch(`${address}settings`, { method: 'POST', headers, body: '{}' })
    expect(changed.status).toBe(200)
  })

  test('goes on answering when a worker is killed, and starts it again', async () => {
    const { port, workerPid, output } = await start()
    process.kill(workerPid, 'SIGKILL')
    for (let number = 1; number <= 8; number++) {
      expect(await search(port, `tenant-0${number}`)).toMatchObject({ status: 200 })
    }
    await expect.poll(output, { timeout: 60_000 }).toContain('ended (SIGKILL); it starts again')
    // At the port that it had, or the load balancer would not know it.
    const again = /(w1 +\| worker listening \(address=\S+\))[\s\S]*\1/
    await expect.poll(output, { timeout: 60_000 }).toMatch(again)
  })

  test.each([['SIGTERM'], ['SIGINT']] as const)('ends cleanly at %s', async (signal) => {
    const started = await start()
    expect(await openPorts(started)).toHaveLength(5)
    expect(await search(started.port, 'tenant-01')).toMatchObject({ status: 200 })
    started.process.kill(signal)
    const [code] = await once(started.process, 'exit')
    expect(code).toBe(0)
    expect(await openPorts(started)).toEqual([])
  })

  test('takes its processes with it when it is killed itself', async () => {
    const { process: child } = await start()
    const pids = children(child.pid ?? 0)
    expect(pids).toHaveLength(5)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect.poll(() => pids.filter(isAlive), { timeout: 60_000 }).toEqual([])
  })
})
