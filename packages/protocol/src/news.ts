/**
 * What a connection has to tell besides its streams. Of each kind only the newest waits, so that a
 * peer that does not read makes this side hold no more than one résumé.
 */
import { frameFlags, frameTypes } from './frame.ts'
import { type Load, loadRow } from './hello.ts'
import type { RequestClass, ResumeChanges, Skill } from './resume.ts'
import { resumeMap, takePiece } from './resume-rows.ts'
import type { Sender, TurnTaker } from './sender.ts'

/** Bytes of a RESUME frame, about: short, so that it takes turns with the bodies. */
const pieceLength = 32 * 1024

export class News implements TurnTaker {
  readonly #sender: Sender
  #owesPong = false
  #load: Load | undefined
  #changes: Map<RequestClass, Skill | null> = new Map()
  #isWhole = false

  constructor(sender: Sender) {
    this.#sender = sender
  }

  /** Answers a PING. However many came, one answer is enough. */
  pong(): void {
    this.#owesPong = true
    this.#sender.schedule()
  }

  load(load: Load): void {
    this.#load = load
    this.#sender.schedule()
  }

  resume(changes: ResumeChanges, isWhole: boolean): void {
    if (isWhole) {
      this.#changes = new Map(changes)
      this.#isWhole = true
    } else {
      for (const [requestClass, skill] of changes) this.#change(requestClass, skill)
    }
    if (this.#isWhole || this.#changes.size > 0) this.#sender.standInLine(this)
  }

  /** Adds what leaves before everything else. */
  addUrgent(): void {
    const { outbox } = this.#sender
    if (this.#owesPong) outbox.addEmpty(frameTypes.PONG)
    if (this.#load) outbox.addPacked(frameTypes.LOAD, 0, 0, loadRow(this.#load))
    this.#owesPong = false
    this.#load = undefined
  }

  /** Part of {@link TurnTaker}: one RESUME frame. */
  takeTurn(): void {
    const flags = this.#isWhole ? frameFlags.WHOLE : 0
    this.#isWhole = false
    const piece = resumeMap(takePiece(this.#changes, pieceLength))
    this.#sender.outbox.addPacked(frameTypes.RESUME, flags, 0, piece)
    if (this.#changes.size > 0) this.#sender.standInLine(this)
  }

  #change(requestClass: RequestClass, skill: Skill | null): void {
    // What has faded before it was told need not be told.
    if (skill === null && this.#isWhole) this.#changes.delete(requestClass)
    else this.#changes.set(requestClass, skill)
  }
}
