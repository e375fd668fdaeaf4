/**
 * Real processes of the commands as they are built: `resumelb` and `resumelb-worker`, on free ports
 * of the loopback address. They end with the test, and also if the test runner itself dies.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serverHost, until } from '@resumelb/common/testing'
import { getResume } from '@resumelb/worker'
import { onTestFinished } from 'vitest'

const root = new URL('../../', import.meta.url)
const preload = new URL('scripts/lib/exit-with-parent.mjs', root).href

/** Milliseconds that a process may take to listen, on a machine that does much else. */
const startTimeout = 90_000

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`test/e2e/fixtures/${name}`, root))

/** Says when processes end: with the test, unless told otherwise. */
export type Lifetime = (end: () => Promise<void>) => void

/** One process of a command. */
export class CommandProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | NodeJS.Signals>
  #stdout = ''
  #stderr = ''

  /** Starts `node bin ...args`; `bin` is relative to the repository. */
  constructor(
    bin: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    lifetime: Lifetime = onTestFinished,
  ) {
    const command = fileURLToPath(new URL(bin, root))
    this.#child = spawn(process.execPath, ['--import', preload, command, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    this.#exited = once(this.#child, 'close').then(([code, signal]) => code ?? signal)
    lifetime(() => this.kill())
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The exit code, or the signal that ended it. */
  get exited(): Promise<number | NodeJS.Signals> {
    return this.#exited
  }

  /** Bytes of memory that the process occupies. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it as SIGTERM does, and resolves with its exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGTERM')
    return await this.#exited
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.signal('SIGKILL')
    await this.#exited
  }

  /** The address at which the process says it listens. */
  async address(): Promise<string> {
    const find = () => /"address":"([^"]+)"|listening on (\S+)/.exec(this.#stderr)
    const hasExited = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    const isOver = () => find() !== null || hasExited()
    await until(isOver, () => `it listens; it says\n${this.#stderr}`, startTimeout)
    const address = find()
    if (address === null) throw new Error(`it does not listen:\n${this.#stderr}`)
    return address[1] ?? address[2] ?? ''
  }
}

/** A worker process that listens. */
export interface WorkerProcess {
  readonly process: CommandProcess
  readonly address: string
}

/** Starts `resumelb-worker` with an application of the fixtures. */
export async function startWorkerProcess(
  args: readonly string[] = [],
  {
    address = `${serverHost}:0`,
    app = 'app.mjs',
    lifetime,
  }: { address?: string; app?: string; lifetime?: Lifetime } = {},
): Promise<WorkerProcess> {
  const words = [fixture(app), '-a', address, ...args]
  const process = new CommandProcess('packages/worker/bin/resumelb-worker.js', words, {}, lifetime)
  return { process, address: await process.address() }
}

/** Requests that these workers have in progress or waiting, by their own account. */
export async function requestsAt(...workers: readonly WorkerProcess[]): Promise<number> {
  const facts = await Promise.all(workers.map(({ address }) => getResume(address)))
  return facts.reduce((sum, { load }) => sum + load.requests, 0)
}

/** A load balancer process that listens. */
export interface BalancerProcess {
  readonly process: CommandProcess
  readonly port: number
}

/** Starts `resumelb` and waits until it has reached all the workers that run. */
export async function startBalancerProcess(
  workers: readonly Pick<WorkerProcess, 'address'>[],
  args: readonly string[] = [],
): Promise<BalancerProcess> {
  const process = new CommandProcess('packages/lb/bin/resumelb.js', [
    ...['-a', '127.0.0.1:0', '-l', '', '-LINFO', ...args],
    ...workers.map(({ address }) => address),
  ])
  const port = Number((await process.address()).split(':').pop())
  const connected = () => process.stderr.split('connected to worker').length - 1
  const state = () => `it is connected; it says\n${process.stderr}`
  await until(() => connected() >= workers.length, state, startTimeout)
  return { process, port }
}
