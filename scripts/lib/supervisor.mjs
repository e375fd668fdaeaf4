/** Keeps processes running until they are stopped. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const restartDelay = 1000
/** A process that lives shorter than this, in milliseconds, has failed to start. */
const shortLife = 3000
/** So many failed starts in a row are enough. */
const failedStartLimit = 3

/** What our commands log when they listen. */
const listeningLine = /"address":"[^"]*:(\d+)".*"msg":"(?:worker )?listening"/

const preload = new URL('./exit-with-parent.mjs', import.meta.url).href

/** One process, started again when it ends by itself. */
export class Supervised {
  /** Resolves with its name when the process has failed to start too often. */
  failed
  /** Resolves with the port when the process has said for the first time where it is listening. */
  listening
  #giveUp
  #listens
  #name
  #args
  #address
  #env
  #say
  #child
  #timer
  #stopping = false
  #failedStarts = 0

  /**
   * @param {{ name: string, args: string[], address: { host: string, port: number }, env?: object,
   *   say: (name: string, line: string) => void }} settings `args` are node's, and get `-a HOST:PORT`. A port of 0
   *   is any free one, which it keeps when it starts again: so it is the same worker to load balancers.
   *   `say` gets each line that the process writes, and what happens to it.
   */
  constructor({ name, args, address, env = {}, say }) {
    this.#name = name
    this.#args = args
    this.#address = { ...address }
    this.#env = env
    this.#say = say
    this.failed = new Promise((resolve) => {
      this.#giveUp = resolve
    })
    this.listening = new Promise((resolve) => {
      this.#listens = resolve
    })
  }

  get name() {
    return this.#name
  }

  get pid() {
    return this.#child?.pid
  }

  /** Starts it, with these further words. */
  start(...words) {
    if (this.#stopping) return
    this.#args.push(...words)
    const { host, port } = this.#address
    const startedAt = performance.now()
    const child = spawn(
      process.execPath,
      ['--import', preload, ...this.#args, '-a', `${host}:${port}`],
      {
        env: { ...process.env, ...this.#env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A group of its own: Ctrl-C in the terminal reaches us alone, and we end things in order.
        detached: process.platform !== 'win32',
      },
    )
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#readAddress(line)
        this.#say(this.#name, line)
      })
    }
    child.once('error', (error) => this.#say(this.#name, error.message))
    child.once('close', (code, signal) => {
      this.#child = undefined
      if (!this.#stopping) this.#ended(signal ?? `code ${code}`, performance.now() - startedAt)
    })
  }

  /** Lets the process finish what it has. Resolves when it is gone. */
  async stop() {
    this.#stopping = true
    clearTimeout(this.#timer)
    if (this.#child === undefined) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    await closed
  }

  kill() {
    this.#child?.kill('SIGKILL')
  }

  #readAddress(line) {
    const [, port] = listeningLine.exec(line) ?? []
    if (port === undefined) return
    this.#address.port = Number(port)
    this.#listens(this.#address.port)
  }

  #ended(how, lifetime) {
    this.#failedStarts = lifetime < shortLife ? this.#failedStarts + 1 : 0
    if (this.#failedStarts === failedStartLimit) {
      this.#say(
        this.#name,
        `ended (${how}) soon after its start ${failedStartLimit} times in a row`,
      )
      this.#giveUp(this.#name)
      return
    }
    this.#say(this.#name, `ended (${how}); it starts again in ${restartDelay / 1000} s`)
    this.#timer = setTimeout(() => this.start(), restartDelay)
  }
}
