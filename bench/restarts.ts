/**
 * Is a request lost while the load balancer restarts? Restarts it again and again under the load of
 * wrk: by SIGUSR2, and with a socket that outlives the processes, as systemd holds one.
 *
 *     npm run restarts -- [--restarts 20] [--connections 64] [--zookeeper 127.0.0.1:2181]
 *
 * With --zookeeper, zkresumelb finds the workers there. Needs wrk. Exits with 1 if one was lost.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { descriptorOf, listenAt } from '@resumelb/common'
import { UsageError } from '@resumelb/common/cli'
import { isInstalled } from './affinity/processes/program.ts'
import { endWith, readOptions } from './command-line.ts'
import { table } from './table.ts'

const benchmark = {
  name: 'restarts',
  call: 'npm run restarts --',
  description: 'Restarts a load balancer under load, and counts the requests that are lost.',
  options: {
    restarts: { type: 'number', least: 1, default: 20, describe: 'Of each kind' },
    // With fewer, wrk has too few for its two threads.
    connections: { type: 'number', least: 2, default: 64, describe: 'Of the clients' },
    zookeeper: { type: 'string', describe: 'HOST:PORT, where zkresumelb finds the workers' },
  },
} as const
const { restarts, connections, zookeeper } = await readOptions(benchmark)
if (!(await isInstalled('wrk'))) endWith(benchmark, new UsageError('Expected wrk to be installed'))

/** Milliseconds of load between two restarts. */
const pause = 500

/** Milliseconds for anything to happen on a busy machine. */
const patience = 60_000

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

const children: Set<ChildProcess> = new Set()

/** A command, and the processes that follow it and write to the same standard error. */
class Member {
  readonly child: ChildProcess
  log = ''

  /** With a socket, a shell holds it and starts the command again whenever it has ended. */
  constructor(command: string, args: readonly string[], socket?: number) {
    const words = [process.execPath, path(command), ...args]
    // The shell knows the number of the process that it becomes, which systemd would set.
    const once = `sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web exec "$@"' sh "$@"`
    const script = socket === undefined ? 'exec "$@"' : `while :; do ${once}; done`
    this.child = spawn('sh', ['-c', script, 'sh', ...words], {
      stdio: ['ignore', 'ignore', 'pipe', ...(socket === undefined ? [] : [socket])],
    })
    children.add(this.child)
    this.child.stderr?.on('data', (chunk) => {
      this.log += chunk
    })
  }

  /** Resolves with the matches of the pattern in the log when there are so many. */
  async logged(pattern: RegExp, times = 1): Promise<string[]> {
    for (const since = Date.now(); ; await sleep(20)) {
      const found = [...this.log.matchAll(pattern)].map(([, text = '']) => text)
      if (found.length >= times) return found
      if (Date.now() - since > patience) throw new Error(`no ${pattern} in\n${this.log}`)
    }
  }
}

async function startWorkers(): Promise<string[]> {
  const tree =
    zookeeper === undefined ? [] : ['--zookeeper', zookeeper, '--path', '/restarts/workers']
  const words = [path('test/e2e/fixtures/app.mjs'), '-a', '127.0.0.1:0', ...tree]
  const workers = [1, 2].map(() => new Member('packages/worker/bin/resumelb-worker.js', words))
  const listening = workers.map((worker) => worker.logged(/"address":"([^"]+)"/g))
  return (await Promise.all(listening)).map(([address = '']) => address)
}

function startBalancer(address: string, workers: readonly string[], socket?: number): Member {
  const name = zookeeper === undefined ? 'resumelb' : 'zkresumelb'
  const from = zookeeper === undefined ? workers : [zookeeper, '/restarts']
  return new Member(`packages/lb/bin/${name}.js`, ['-a', address, '-l', '', ...from], socket)
}

interface Loss {
  readonly requests: number
  /** Connections that were refused, or ended before their response. */
  readonly errors: number
  /** Responses of another status than 2xx and 3xx. */
  readonly failures: number
}

/** Keeps up the load during `action`. */
async function underLoad(port: number, action: () => Promise<void>): Promise<Loss> {
  const words = ['-t', '2', '-c', `${connections}`, '-d', '24h', '--timeout', '60s']
  const wrk = spawn('wrk', [...words, `http://127.0.0.1:${port}/hello`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(wrk)
  let report = ''
  wrk.stdout.on('data', (chunk) => {
    report += chunk
  })
  const closed = once(wrk, 'close')
  await action()
  wrk.kill('SIGINT')
  await closed
  children.delete(wrk)
  const count = (pattern: RegExp) => Number(pattern.exec(report)?.[1] ?? 0)
  const [, ...errors] =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report) ?? []
  return {
    requests: count(/(\d+) requests in/),
    errors: errors.reduce((sum, each) => sum + Number(each), 0),
    failures: count(/Non-2xx or 3xx responses: (\d+)/),
  }
}

/** The numbers of the processes that have listened. */
const pids = /"pid":(\d+)[^}]*"listening"/g

/** The port, once the balancer serves and has all workers. */
async function portOf(balancer: Member, workers: readonly string[]): Promise<number> {
  await balancer.logged(/"msg":("connected to worker")/g, workers.length)
  const [port] = await balancer.logged(/"address":"127\.0\.0\.1:(\d+)"[^}]*"listening"/g)
  return Number(port)
}

/** Restarts the newest process with a signal, and waits for the next, as often as asked for. */
async function restartAll(balancer: Member, signal: NodeJS.Signals): Promise<void> {
  for (let count = 1; count <= restarts; count++) {
    await sleep(pause)
    const listened = await balancer.logged(pids, count)
    process.kill(Number(listened.at(-1)), signal)
    await balancer.logged(pids, count + 1)
    if (signal === 'SIGUSR2') await balancer.logged(/"msg":("the new process serves)/g, count)
  }
  await sleep(pause)
}

async function end(balancer: Member): Promise<void> {
  // The shell first, which would start another one.
  balancer.child.kill('SIGTERM')
  const [pid] = (await balancer.logged(pids)).slice(-1)
  try {
    process.kill(Number(pid), 'SIGTERM')
  } catch {
    // It was the child.
  }
}

/** Each process is replaced by the next. */
async function byHandOver(workers: readonly string[]): Promise<Loss> {
  const balancer = startBalancer('127.0.0.1:0', workers)
  const port = await portOf(balancer, workers)
  const loss = await underLoad(port, () => restartAll(balancer, 'SIGUSR2'))
  await end(balancer)
  return loss
}

/** Each process ends before the next starts; connections wait in the queue of the socket. */
async function bySocket(workers: readonly string[]): Promise<Loss> {
  const server = createServer()
  await listenAt(server, { host: '127.0.0.1', port: 0 })
  const balancer = startBalancer('fd:web', workers, descriptorOf(server))
  server.close()
  const port = await portOf(balancer, workers)
  const loss = await underLoad(port, () => restartAll(balancer, 'SIGTERM'))
  await end(balancer)
  return loss
}

try {
  const workers = await startWorkers()
  const rows: string[][] = []
  let lost = 0
  for (const [name, run] of [
    ['SIGUSR2', byHandOver],
    ['socket of systemd', bySocket],
  ] as const) {
    const { requests, errors, failures } = await run(workers)
    lost += errors + failures
    rows.push([name, `${restarts}`, `${requests}`, `${errors}`, `${failures}`])
  }
  const head = ['restart by', 'restarts', 'requests', 'connections lost', 'not 2xx or 3xx']
  process.stdout.write(`${table(head, rows)}\n`)
  if (lost > 0) process.exitCode = 1
} finally {
  for (const child of children) child.kill('SIGTERM')
}
