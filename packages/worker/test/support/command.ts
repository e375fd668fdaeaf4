/** Real processes of the package's commands, run from the sources. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseAddress } from '@resumelb/common'
import { onTestFinished } from 'vitest'
import type { Worker } from '../../src/index.ts'
import { TestBalancer } from './balancer.ts'
import { until } from './setup.ts'

/** Milliseconds that a process may take to listen, on a machine that does much else. */
const patience = 120_000

export class Command {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | NodeJS.Signals>
  stdout = ''
  stderr = ''

  constructor(name: 'resumelb-worker' | 'get-worker-resume', args: readonly string[]) {
    const source = fileURLToPath(new URL(`../../src/cli/${name}.ts`, import.meta.url))
    const node = ['--import', 'tsx', '--conditions=@resumelb/source', source]
    this.#child = spawn(process.execPath, [...node, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.#exited = once(this.#child, 'close').then(([code, signal]) => code ?? signal)
    onTestFinished(async () => {
      if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal('SIGKILL')
      await this.#exited
    })
  }

  /** The exit code, or the signal that ended it. */
  get exited(): Promise<number | NodeJS.Signals> {
    return this.#exited
  }

  get lines(): readonly Record<string, unknown>[] {
    const whole = this.stderr.split('\n').slice(0, -1)
    return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Closes its standard output, as `head` does that has seen enough. */
  stopReading(): void {
    this.#child.stdout?.destroy()
  }

  /** Resolves when a line of the log says so. */
  async says(message: string): Promise<Record<string, unknown>> {
    const found = () => this.lines.find(({ msg }) => msg === message)
    await until(() => found() !== undefined || this.#child.exitCode !== null, message, patience)
    const line = found()
    if (line === undefined) throw new Error(`it did not say ${message}:\n${this.stderr}`)
    return line
  }

  async address(): Promise<string> {
    return String((await this.says('worker listening'))['address'])
  }

  async connect(): Promise<TestBalancer> {
    return TestBalancer.connect({ address: parseAddress(await this.address()) } as Worker)
  }
}
