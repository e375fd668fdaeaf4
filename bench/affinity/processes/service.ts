/** A process that listens at a port, and can be started again. */
import { untilListening } from './network.ts'
import { type Command, Program } from './program.ts'

export class Service {
  readonly port: number
  readonly #command: Command
  readonly #onGone: (reason: string) => void
  #program: Program

  /** Starts it; `onGone` is told why when it ends without having been told to. */
  constructor(command: Command, port: number, onGone: (reason: string) => void) {
    this.port = port
    this.#command = command
    this.#onGone = onGone
    this.#program = new Program(command, onGone)
  }

  /** Resolves when it listens. */
  ready(): Promise<void> {
    return untilListening(this.port)
  }

  /** Ends it by SIGTERM. */
  stop(): Promise<void> {
    return this.#program.stop()
  }

  /** Starts it after {@link stop}. Resolves when it listens. */
  async start(): Promise<void> {
    this.#program = new Program(this.#command, this.#onGone)
    await this.ready()
  }

  /** Ends it at once. */
  end(): Promise<void> {
    return this.#program.end()
  }
}
