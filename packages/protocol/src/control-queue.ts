/**
 * What a connection has to tell besides its streams. Of each kind only the newest waits, so that a
 * peer that does not read makes this side hold no more than one résumé.
 */
import { frameFlags, frameTypes } from './frame.ts'
import type { FrameScheduler, TurnTaker } from './frame-scheduler.ts'
import { type Load, loadRow } from './hello.ts'
import type { RequestClass, ResumeChanges, Skill } from './resume.ts'
import { resumeMap, takePiece } from './resume-rows.ts'

/** Bytes of a RESUME frame, about: short, so that it takes turns with the bodies. */
const pieceLength = 32 * 1024

export class ControlQueue implements TurnTaker {
  readonly #scheduler: FrameScheduler
  #owesPong = false
  #load: Load | undefined
  #changes: Map<RequestClass, Skill | null> = new Map()
  #isWhole = false

  constructor(scheduler: FrameScheduler) {
    this.#scheduler = scheduler
  }

  /** Answers a PING. However many came, one answer is enough. */
  pong(): void {
    this.#owesPong = true
    this.#scheduler.schedule()
  }

  load(load: Load): void {
    this.#load = load
    this.#scheduler.schedule()
  }

  resume(changes: ResumeChanges, isWhole: boolean): void {
    if (isWhole) {
      this.#changes = new Map(changes)
      this.#isWhole = true
    } else {
      for (const [requestClass, skill] of changes) this.#change(requestClass, skill)
    }
    if (this.#isWhole || this.#changes.size > 0) this.#scheduler.enqueue(this)
  }

  /** Adds what leaves before everything else. */
  addUrgent(): void {
    const { writer } = this.#scheduler
    if (this.#owesPong) writer.addEmpty(frameTypes.PONG)
    if (this.#load) writer.addPacked(frameTypes.LOAD, 0, 0, loadRow(this.#load))
    this.#owesPong = false
    this.#load = undefined
  }

  /** Part of {@link TurnTaker}: one RESUME frame. */
  takeTurn(): void {
    const flags = this.#isWhole ? frameFlags.WHOLE : 0
    this.#isWhole = false
    const piece = resumeMap(takePiece(this.#changes, pieceLength))
    this.#scheduler.writer.addPacked(frameTypes.RESUME, flags, 0, piece)
    if (this.#changes.size > 0) this.#scheduler.enqueue(this)
  }

  #change(requestClass: RequestClass, skill: Skill | null): void {
    // What has faded before it was told need not be told.
    if (skill === null && this.#isWhole) this.#changes.delete(requestClass)
    else this.#changes.set(requestClass, skill)
  }
}
