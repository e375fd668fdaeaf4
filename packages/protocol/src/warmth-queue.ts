/** The WARMTH frames that wait to be sent on a connection. */
import type { Link } from './chain.ts'
import { frameFlags, frameTypes } from './frame.ts'
import type { FrameScheduler, TurnTaker } from './frame-scheduler.ts'
import { maxLinksPerFrame, takeChanges, type WarmthChanges, warmthPayload } from './warmth.ts'

/**
 * Changes that wait for a peer that does not read. If there are more, everything is sent anew when
 * it reads again.
 */
const maxWaiting = 65_536

export class WarmthQueue implements TurnTaker {
  readonly #scheduler: FrameScheduler
  readonly #everything: () => readonly Link[]
  /** All warm links, to be sent before changes, except the first `#sent` ones, which have been. */
  #whole: readonly Link[] | undefined
  #sent = 0
  /** Whether links are warm, the newest news of each. At most {@link maxWaiting}. */
  readonly #changes: Map<Link, boolean> = new Map()

  /** `everything` returns all links that are warm now. */
  constructor(scheduler: FrameScheduler, everything: () => readonly Link[]) {
    this.#scheduler = scheduler
    this.#everything = everything
  }

  /** Only after the peer's HELLO, which must announce that it knows the frame. */
  send({ whole, warm, gone }: WarmthChanges): void {
    if (whole) this.#startAgain(warm)
    else {
      for (const link of warm) this.#changes.set(link, true)
      for (const link of gone) this.#changes.set(link, false)
    }
    if (this.#changes.size > maxWaiting) this.#startAgain(this.#everything())
    if (this.#hasMore) this.#scheduler.enqueue(this)
  }

  /** Part of {@link TurnTaker}: sends one WARMTH frame. */
  takeTurn(): void {
    const isFirst = this.#whole !== undefined && this.#sent === 0
    const payload = warmthPayload(this.#takeWhole() ?? takeChanges(this.#changes, maxLinksPerFrame))
    const flags = isFirst ? frameFlags.WHOLE : 0
    this.#scheduler.writer.addRaw(frameTypes.WARMTH, flags, 0, payload)
    if (this.#hasMore) this.#scheduler.enqueue(this)
  }

  get #hasMore(): boolean {
    return this.#whole !== undefined || this.#changes.size > 0
  }

  #startAgain(warm: readonly Link[]): void {
    this.#whole = warm
    this.#sent = 0
    this.#changes.clear()
  }

  #takeWhole(): WarmthChanges | undefined {
    const whole = this.#whole
    if (whole === undefined) return undefined
    const warm = whole.slice(this.#sent, this.#sent + maxLinksPerFrame)
    this.#sent += warm.length
    if (this.#sent >= whole.length) this.#whole = undefined
    return { warm, gone: [] }
  }
}
