/** Watches files by looking at them from time to time, which works for every file system. */
import { stat } from 'node:fs/promises'
import { type Clock, systemClock } from './clock.ts'

/** Usual milliseconds between two looks at the files. */
export const watchInterval = 5_000

export class FileWatch {
  readonly #paths: readonly string[]
  readonly #onChange: () => void
  readonly #clock: Clock
  readonly #interval: number
  /** The state of the files at the last look. */
  #seen = ''
  /** The state of the files at the last call of `onChange`. */
  #told = ''
  #cancelLook: (() => void) | undefined

  /**
   * `onChange` is called when the files have changed and then stayed as they are for an interval:
   * until then, a certificate may lack its key. It is also called once soon after {@link start},
   * for changes before that.
   */
  constructor(
    paths: readonly string[],
    onChange: () => void,
    clock: Clock = systemClock,
    interval: number = watchInterval,
  ) {
    this.#paths = paths
    this.#onChange = onChange
    this.#clock = clock
    this.#interval = interval
  }

  /** Starts to look; does nothing if it has started. */
  start(): void {
    if (this.#cancelLook !== undefined) return
    this.#seen = ''
    this.#told = ''
    this.#lookLater()
  }

  stop(): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }

  #lookLater(): void {
    this.#cancelLook = this.#clock.after(this.#interval, () => void this.#look())
  }

  async #look(): Promise<void> {
    const state = await this.#stateOfFiles()
    if (this.#cancelLook === undefined) return
    if (state === this.#seen && state !== this.#told) {
      this.#told = state
      this.#onChange()
    }
    this.#seen = state
    this.#lookLater()
  }

  /** Symbolic links are followed, as tools put new certificates behind them. */
  async #stateOfFiles(): Promise<string> {
    const states = this.#paths.map((path) =>
      stat(path).then(
        ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
        ({ code }: NodeJS.ErrnoException) => code,
      ),
    )
    return (await Promise.all(states)).join('\n')
  }
}
