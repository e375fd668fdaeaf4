/** A script language for pools, so that a scenario is one line. */
import type { Skill, WorkerState } from '@resumelb/protocol'
import type { PickArgs } from '../../../src/pool/pick.ts'
import type { Assignment, Outcome, Pool, WorkerTraits } from '../../../src/pool/pool.ts'

/** A skill of that many requests per second, from so many requests that it is to be believed. */
export function skillOf(score: number, count = 64): Skill {
  return { score, seconds: 1 / score, count, rate: 0 }
}

export function traitsOf(key: string, traits: Partial<WorkerTraits> = {}): WorkerTraits {
  return { key, concurrency: 1, version: '', state: 'ready', ...traits }
}

/** The arguments that a word such as `class` or `class@version` means. */
function pickOf(word: string): PickArgs {
  const [requestClass = '', version] = word.split('@')
  return { requestClass, ...(version !== undefined && { version }) }
}

export const served: Outcome = { result: 'served' }
export const failed: Outcome = { result: 'failed' }
export const abandoned: Outcome = { result: 'abandoned' }

/**
 * Plays scripts of these words, and remembers what is unfinished from one script to the next:
 *
 *     +w1             w1 joins, or sends an empty résumé
 *     +w1(foo=6,b=2)  w1 joins with, or sends, this résumé, in requests per second
 *     +w1*4@v2:warming   concurrency 4, version v2, state warming (or warmingUp, unready, draining, standby)
 *     ~w1(foo=6,b=)   changes of w1's résumé: foo is 6 now, b has faded
 *     -w1             w1 leaves
 *     foo             a request of class foo comes
 *     foo@2           the same, and it asks for version 2
 *     foo^w1^w2       the same, but w1 and w2 are to be avoided
 *     !w1             w1 finishes the oldest of its requests
 *     ?w1             w1 fails at the oldest of its requests
 *     .5              half a second passes; the pool ticks at every whole one
 */
export class Player {
  readonly pool: Pool<string>
  readonly #unfinished = new Map<string, Assignment<string>[]>()
  now = 0

  constructor(pool: Pool<string>) {
    this.pool = pool
  }

  /**
   * The workers that the requests of the script went to, `none` for a request that none could have.
   */
  play(script: string): string {
    return script
      .split(/\s+/)
      .flatMap((word) => this.#step(word) ?? [])
      .join(' ')
  }

  #step(word: string): string | undefined {
    const rest = word.slice(1)
    if (/^\d*\.?\d+$/.test(word)) this.#pass(Number(word))
    else if (word.startsWith('+')) this.#join(rest)
    else if (word.startsWith('~')) this.#change(rest)
    else if (word.startsWith('-')) this.pool.remove(rest, this.now)
    else if (word.startsWith('!')) this.finish(rest, served)
    else if (word.startsWith('?')) this.finish(rest, failed)
    else if (word !== '') return this.assign(word)
    return undefined
  }

  /** The pool ticks once a second. */
  #pass(seconds: number): void {
    const end = this.now + seconds
    for (let tick = Math.floor(this.now) + 1; tick <= end; tick++) {
      this.now = tick
      this.pool.tick?.(tick)
    }
    this.now = end
  }

  assign(word: string): string {
    const [pick = '', ...avoid] = word.split('^')
    const avoided = avoid.length > 0 ? new Set(avoid) : undefined
    const assignment = this.pool.assign(pickOf(pick), this.now, avoided)
    if (assignment === undefined) return 'none'
    const unfinished = this.#unfinished.get(assignment.worker) ?? []
    this.#unfinished.set(assignment.worker, [...unfinished, assignment])
    return assignment.worker
  }

  finish(worker: string, outcome: Outcome): void {
    const assignment = this.#unfinished.get(worker)?.shift()
    if (assignment === undefined) throw new Error(`${worker} has nothing to finish`)
    assignment.finish(this.now, outcome)
  }

  #join(text: string): void {
    const { worker, skills, tail } = parseWorker(text)
    const concurrency = Number(/\*(\d+)/.exec(tail)?.[1] ?? 1)
    const version = /@([\w.]+)/.exec(tail)?.[1] ?? ''
    const state = /:(\w+)/.exec(tail)?.[1] ?? 'ready'
    const traits = traitsOf(worker, { concurrency, version, ...stateNamed(state) })
    const resume = new Map(skills.map(([name, score]) => [name, skillOf(score)]))
    this.pool.update(worker, { traits, resume }, this.now)
  }

  #change(text: string): void {
    const { worker, skills } = parseWorker(text)
    const changes = new Map(skills.map(([name, score]) => [name, score ? skillOf(score) : null]))
    this.pool.update(worker, { changes }, this.now)
  }
}

function parseWorker(text: string) {
  const match = /^(\w+)([^(]*)(?:\((.*)\))?$/.exec(text)
  if (match === null) throw new Error(`cannot read ${text}`)
  const [, worker = '', tail = '', resume = ''] = match
  const skills = resume
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry) => entry.split('='))
    .map(([name = '', score = '']): [string, number] => [name, Number(score)])
  return { worker, tail, skills }
}

export function repeat(times: number, word: string): string {
  return Array(times).fill(word).join(' ')
}

function stateNamed(name: string): Partial<WorkerTraits> {
  if (name === 'standby') return { standby: true }
  if (name === 'warmingUp') return { state: 'warming', warmsUp: true }
  return { state: name as WorkerState }
}
