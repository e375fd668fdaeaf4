/** Loads a worker's résumé at start, and saves it periodically. Failures are logged. */
import type { Clock, Logger } from '@resumelb/common'
import { loadResume, saveResume } from './resume-file.ts'
import type { ResumeKeeper } from './resume-keeper.ts'

/** Milliseconds between two saves. */
const saveInterval = 60_000

/** Requests that are kept in the file as well. */
export interface RecordedRequests {
  /** In a form for JSON. */
  save(): unknown
  /** Takes what {@link save} has returned, perhaps another release's. Skips what is not valid. */
  load(saved: unknown): void
}

export class ResumeStore {
  readonly #file: string | undefined
  readonly #keeper: ResumeKeeper
  readonly #clock: Clock
  readonly #log: Logger
  readonly #requests: RecordedRequests | undefined
  #savedAt: number

  /** Without a file, nothing is loaded or saved. */
  constructor(
    file: string | undefined,
    keeper: ResumeKeeper,
    clock: Clock,
    log: Logger,
    requests?: RecordedRequests,
  ) {
    this.#file = file
    this.#keeper = keeper
    this.#clock = clock
    this.#log = log
    this.#requests = requests
    this.#savedAt = clock.now()
  }

  async load(): Promise<void> {
    const resumeFile = this.#file
    this.#savedAt = this.#clock.now()
    if (resumeFile === undefined) return
    try {
      const saved = await loadResume(resumeFile)
      const classes = saved === undefined ? 0 : this.#keeper.load(saved.skills, this.#now())
      this.#requests?.load(saved?.requests)
      this.#log.info({ resumeFile, classes }, 'résumé loaded')
    } catch (error) {
      this.#log.warn({ err: error, resumeFile }, 'cannot read the résumé file: starting without it')
    }
  }

  /** Saves the résumé if the last save is long enough ago. */
  saveIfDue(): void {
    if (this.#clock.now() - this.#savedAt >= saveInterval) void this.save()
  }

  async save(): Promise<void> {
    const resumeFile = this.#file
    this.#savedAt = this.#clock.now()
    if (resumeFile === undefined) return
    try {
      await saveResume(resumeFile, this.#keeper.resume(this.#now()), this.#requests?.save())
    } catch (error) {
      this.#log.error({ err: error, resumeFile }, 'cannot save the résumé file')
    }
  }

  /** The time in seconds, as the résumé needs it. */
  #now(): number {
    return this.#clock.now() / 1000
  }
}
