/**
 * Fills one worker before it uses the next, so that at quiet times the last ones may be switched off.
 *
 *     resumelb --pool ./fill-first-pool.js#createFillFirstPool 127.0.0.1:8001 127.0.0.1:8002
 */
import { createAssignment, OptionError } from '@resumelb/lb'

/**
 * @template Worker
 * @typedef {{ worker: Worker, concurrency: number, backlog: number, isPresent: boolean }} Member
 */

/**
 * @template Worker
 * @implements {import('@resumelb/lb').Pool<Worker>}
 */
class FillFirstPool {
  /** In the order in which they came. @type {Map<Worker, Member<Worker>>} */
  #members = new Map()
  #fill = 1
  backlog = 0

  get size() {
    return [...this.#members.values()].filter((member) => member.isPresent).length
  }

  /** @param {Readonly<Record<string, unknown>>} settings `fill`: requests per slot of a full worker */
  updateSettings(settings) {
    const fill = Number(settings.fill ?? 1)
    if (!(fill > 0)) throw new OptionError('fill', 'above 0', settings.fill)
    this.#fill = fill
  }

  /** @param {Worker} worker @param {import('@resumelb/lb').WorkerUpdate} news */
  update(worker, { traits }) {
    if (traits === undefined) return
    const member = this.#members.get(worker)
    const backlog = member?.backlog ?? 0
    const changes = { worker, concurrency: traits.concurrency, backlog, isPresent: true }
    if (member === undefined) this.#members.set(worker, changes)
    else Object.assign(member, changes)
  }

  /** @param {Worker} worker */
  remove(worker) {
    const member = this.#members.get(worker)
    if (member === undefined) return
    member.isPresent = false
    this.#forgetIfGone(member)
  }

  /** @param {import('@resumelb/lb').PickArgs} _pick @param {number} _now @param {ReadonlySet<Worker>} [avoid] */
  assign(_pick, _now, avoid) {
    const usable = [...this.#members.values()].filter(
      (member) => member.isPresent && !avoid?.has(member.worker),
    )
    const member =
      usable.find(({ backlog, concurrency }) => backlog < this.#fill * concurrency) ??
      usable.toSorted((a, b) => a.backlog / a.concurrency - b.backlog / b.concurrency)[0]
    if (member === undefined) return undefined
    member.backlog++
    this.backlog++
    return createAssignment(member.worker, () => {
      member.backlog--
      this.backlog--
      this.#forgetIfGone(member)
    })
  }

  /** @param {Member<Worker>} member */
  #forgetIfGone(member) {
    if (!member.isPresent && member.backlog === 0) this.#members.delete(member.worker)
  }
}

/**
 * What `--pool` calls.
 * @param {Readonly<Record<string, unknown>>} settings
 */
export function createFillFirstPool(settings) {
  const pool = new FillFirstPool()
  pool.updateSettings(settings)
  return pool
}
