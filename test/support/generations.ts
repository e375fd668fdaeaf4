/** A load balancer and the processes that replace it, or that it consists of. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { until } from '@resumelb/common/testing'
import { onTestFinished } from 'vitest'
import type { Lifetime } from './processes.ts'

export interface Line {
  readonly pid: number
  readonly msg: string
  readonly address?: string
  readonly reason?: string
  /** That of several processes, from 1 on. */
  readonly process?: number
}

export interface GenerationsOptions {
  /** By default `resumelb`. */
  readonly command?: 'resumelb' | 'zkresumelb'
  /** A descriptor that it gets as systemd passes one, with the name `web`. */
  readonly socket?: number | undefined
  /** Says when all of them end. */
  readonly lifetime?: Lifetime
}

/** A command and its successors, which write to the same standard error. */
export class Generations {
  readonly #child: ChildProcess
  #text = ''

  constructor(words: readonly string[], options: GenerationsOptions = {}) {
    const { command = 'resumelb', socket, lifetime = onTestFinished } = options
    const file = fileURLToPath(new URL(`../../packages/lb/bin/${command}.js`, import.meta.url))
    // The shell knows the number of the process that it becomes.
    const script = 'LISTEN_PID=$$ exec "$@"'
    this.#child = spawn('sh', ['-c', script, 'sh', process.execPath, file, ...words], {
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
    lifetime(async () => {
      for (const pid of [...this.primaries, ...this.running]) kill(pid, 'SIGKILL')
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

  /** Of those, the ones that run. */
  get running(): number[] {
    return this.pids.filter((pid) => kill(pid, 0))
  }

  /** The primary processes that have had all their processes serving, the newest last. */
  get primaries(): number[] {
    return this.said('processes serve clients').map(({ pid }) => pid)
  }

  /** The exit status of the first process, once it has ended. */
  get exitCode(): number | null {
    return this.#child.exitCode
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
    return until(isTrue, () => `it says\n${this.#text}`, 120_000)
  }
}

/** Whether there was such a process. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
