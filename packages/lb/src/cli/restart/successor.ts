/**
 * The process that is to replace this one: the same command, with the code that is on the disk now.
 */
import type { ChildProcess } from 'node:child_process'
import { awaitedClock, systemClock, within } from '@resumelb/common'
import type { MeasuredResumes } from '../../workers/upstream/measured-resume.ts'
import type { Inheritance } from './inheritance.ts'
import { type HandoverMessage, messageOf } from './messages.ts'
import { sendResumes } from './resume-transfer.ts'
import { startAgain } from './start-again.ts'

/** Milliseconds that it has until it is ready to serve. */
const startTimeout = 60_000

/** Milliseconds that it has to end by itself. */
const endTimeout = 5_000

export class Successor {
  readonly #child: ChildProcess

  /** Starts it. It gets the sockets, and the standard output and error of this process. */
  constructor(inheritance: Inheritance) {
    this.#child = startAgain(inheritance)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /**
   * Resolves when it serves clients. Rejects with the reason, and ends it, if it does not in time.
   */
  async ready(): Promise<void> {
    try {
      const isReady = await within(startTimeout, this.#readyOrEnded(), awaitedClock)
      if (!isReady) throw new Error(`it was not ready after ${startTimeout / 1000} s`)
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** Sends it what was measured of `http://` workers. */
  sendResumes(resumes: MeasuredResumes): Promise<void> {
    return sendResumes(this.#child, resumes)
  }

  /** Tells it that this process has left what only one can have, such as a registration. */
  release(): void {
    const message: HandoverMessage = { handover: 'released' }
    // It may have ended meanwhile.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  /** Ends it. */
  abandon(): void {
    this.#child.kill('SIGTERM')
    systemClock.after(endTimeout, () => this.#child.kill('SIGKILL'))
  }

  #readyOrEnded(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) =>
        reject(new Error(signal === null ? `it exited with ${code}` : `it was ended by ${signal}`)),
      )
      this.#child.on('message', (message) => {
        if (messageOf(message, 'ready') !== undefined) resolve()
      })
    })
  }
}
