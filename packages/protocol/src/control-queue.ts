/**
 * The frames of a connection that belong to no stream: PONG, LOAD and RESUME. Only the newest of
 * each kind is queued, so a peer that does not read makes this side hold at most one résumé.
 */
import type { Buffer } from 'node:buffer'
import { frameFlags, frameTypes } from './frame.ts'
import type { FrameScheduler, TurnTaker } from './frame-scheduler.ts'
import { type HandOver, handOverRow } from './hand-over.ts'
import { type Load, loadRow } from './hello.ts'
import type { RequestClass, ResumeChanges, Skill } from './resume.ts'
import { ResumeCutter } from './resume-cutter.ts'
import { resumeMap } from './resume-rows.ts'

/** Approximate bytes of a RESUME frame: short, so that it takes turns with the bodies. */
const pieceLength = 32 * 1024

export class ControlQueue implements TurnTaker {
  readonly #scheduler: FrameScheduler
  /** Whether the peer's HELLO has arrived: before that, only our HELLO is sent. */
  #isOpen = false
  #owesPong = false
  #load: Load | undefined
  /** The part of our résumé that did not fit into our HELLO. Sent before all changes. */
  #rest: ResumeCutter<Skill> | undefined
  #changes: Map<RequestClass, Skill | null> = new Map()
  #cutter: ResumeCutter<Skill | null> = new ResumeCutter(this.#changes)
  #isWhole = false

  constructor(scheduler: FrameScheduler) {
    this.#scheduler = scheduler
  }

  /** The peer's HELLO has arrived: sends what is queued, and the rest of our résumé. */
  open(rest?: ResumeCutter<Skill>): void {
    this.#isOpen = true
    if (!this.#isWhole) this.#rest = rest
    if (this.#load) this.#scheduler.schedule()
    if (this.#hasResume) this.#scheduler.enqueue(this)
  }

  /** Sends our HELLO, which is the first frame. */
  hello(payload: Buffer): void {
    this.#scheduler.writer.addRaw(frameTypes.HELLO, 0, 0, payload)
    this.#scheduler.schedule()
  }

  ping(): void {
    this.#scheduler.writer.addEmpty(frameTypes.PING)
    this.#scheduler.schedule()
  }

  /** Answers a PING. One answer is enough for several. */
  pong(): void {
    this.#owesPong = true
    this.#scheduler.schedule()
  }

  load(load: Load): void {
    this.#load = load
    if (this.#isOpen) this.#scheduler.schedule()
  }

  /** Only after the peer's HELLO, which must announce that it knows the frame. */
  handOver(message: HandOver): void {
    this.#scheduler.writer.addPacked(frameTypes.HANDOVER, 0, 0, handOverRow(message))
    this.#scheduler.schedule()
  }

  resume(changes: ResumeChanges, isWhole: boolean): void {
    if (isWhole) {
      this.#rest = undefined
      this.#replaceChanges(changes)
      this.#isWhole = true
    } else {
      for (const [requestClass, skill] of changes) this.#change(requestClass, skill)
    }
    if (this.#isOpen && this.#hasResume) this.#scheduler.enqueue(this)
  }

  /** Adds the frames that precede all others in an event-loop iteration. */
  addUrgent(): void {
    const { writer } = this.#scheduler
    if (this.#owesPong) writer.addEmpty(frameTypes.PONG)
    this.#owesPong = false
    if (!(this.#isOpen && this.#load)) return
    writer.addPacked(frameTypes.LOAD, 0, 0, loadRow(this.#load))
    this.#load = undefined
  }

  /** Part of {@link TurnTaker}: sends one RESUME frame. */
  takeTurn(): void {
    const flags = this.#isWhole ? frameFlags.WHOLE : 0
    this.#isWhole = false
    const piece = resumeMap(this.#takeRest() ?? this.#takeChanges())
    this.#scheduler.writer.addPacked(frameTypes.RESUME, flags, 0, piece)
    if (this.#hasResume) this.#scheduler.enqueue(this)
  }

  get #hasResume(): boolean {
    return this.#isWhole || this.#rest !== undefined || this.#changes.size > 0
  }

  #takeRest(): ResumeChanges | undefined {
    const piece = this.#rest?.take(pieceLength)
    if (this.#rest?.isDone) this.#rest = undefined
    return piece
  }

  #takeChanges(): ResumeChanges {
    const piece = this.#cutter.take(pieceLength)
    for (const requestClass of piece.keys()) this.#changes.delete(requestClass)
    // A cutter that has reached the end does not see entries that are added later.
    if (this.#changes.size === 0) this.#replaceChanges(this.#changes)
    return piece
  }

  #replaceChanges(changes: ResumeChanges): void {
    this.#changes = new Map(changes)
    this.#cutter = new ResumeCutter(this.#changes)
  }

  #change(requestClass: RequestClass, skill: Skill | null): void {
    // A class that was forgotten before the whole résumé was sent need not be mentioned.
    if (skill === null && this.#isWhole) this.#changes.delete(requestClass)
    else this.#changes.set(requestClass, skill)
  }
}
