/** One process of the comparison: it is started, is ready, and is surely gone in the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Milliseconds from SIGTERM to SIGKILL. */
const stopLimitMs = 15_000
/** Characters of what a process wrote that are kept to explain why it ended. */
const keptOutput = 4000

export interface Command {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const running = new Set<Program>()
// Whatever ends this process, an exception too, takes the others with it.
process.once('exit', () => {
  for (const program of running) program.kill()
})

export class Program {
  readonly #command: Command
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #output = ''
  #stopping = false

  /** `onGone` is told why when the process ends without having been told to. */
  constructor(command: Command, onGone: (reason: string) => void = () => {}) {
    this.#command = command
    this.#child = spawn(command.file, command.args, {
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal reaches only us, and we end the rest in order.
      detached: true,
    })
    running.add(this)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.#output = `${this.#output}${data}`.slice(-keptOutput)
      })
    }
    this.#closed = once(this.#child, 'close').catch((error: Error) => {
      this.#output += error.message
    })
    void this.#closed.then(() => {
      running.delete(this)
      if (!this.#stopping) onGone(`${command.name} has ended by itself:\n${this.#output}`)
    })
  }

  get name(): string {
    return this.#command.name
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Asks it to end by SIGTERM. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), stopLimitMs)
    await this.#closed
    clearTimeout(timer)
  }

  /** Ends it at once. Resolves when it is gone. */
  async end(): Promise<void> {
    this.kill()
    await this.#closed
  }

  /** Ends it and what it has started, at once. */
  kill(): void {
    this.#stopping = true
    if (this.#child.pid === undefined || !running.has(this)) return
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}

/** Whether a program is on the search path. */
export async function isInstalled(file: string): Promise<boolean> {
  const child = spawn(file, ['-v'], { stdio: 'ignore' })
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', () => resolve(true))
  })
}
