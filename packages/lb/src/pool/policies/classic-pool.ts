/** The rule of zc.resumelb 1.0 (`lb.py`, class Pool), decision by decision. */
import type { Resume, ResumeChanges } from '@resumelb/protocol'
import { capacityOf } from '../capacity.ts'
import type { Explanation } from '../explanation.ts'
import { type Member, Members, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerUpdate } from '../pool.ts'
import {
  type GivenSettings,
  maxClasses,
  resolveSettings,
  type SettingSpec,
  type Settings,
  type SomeSettings,
} from '../settings.ts'
import { ClassTable } from '../structures/class-table.ts'
import { DecayingMean } from '../structures/decaying-mean.ts'
import { type InLine, Line } from '../structures/line.ts'
import { type HasTurns, Turns } from '../structures/turns.ts'

export const classicSettings = {
  variance: {
    default: 1,
    min: 0,
    max: 1e6,
    help: "Maximum mean backlog above the idlest worker's, as a multiple of the mean of all workers.",
  },
  backlogHistory: {
    default: 9,
    min: 1,
    max: 1e6,
    whole: true,
    help: "Approximate number of assignments and completions in a worker's mean backlog.",
  },
  unskilledScore: {
    default: 1,
    min: 0,
    max: 1e9,
    help: 'Score, in requests per second, assumed for a worker that is given a class for the first time.',
  },
  maxClasses: maxClasses as SettingSpec,
} as const

interface ClassicMember<Worker> extends Member<Worker>, InLine<ClassicMember<Worker>>, HasTurns {
  readonly meanBacklog: DecayingMean
  /** Its scores, by the number of the class. */
  readonly skills: Map<number, ClassicSkill<Worker>>
}

/** One worker's score for one class, in requests per second. */
interface ClassicSkill<Worker> {
  readonly member: ClassicMember<Worker>
  score: number
}

/**
 * Gives a request to the worker with the best score for its class per request in progress, unless
 * its mean backlog is too far above the idlest worker's; then to the least recently used one, which
 * learns the class thereby.
 */
export class ClassicPool<Worker> implements Pool<Worker> {
  readonly #members = new Members<Worker, ClassicMember<Worker>>((worker, traits) => ({
    ...newMember(worker, traits),
    before: undefined,
    after: undefined,
    isChained: false,
    turn: 0,
    turnUsed: 0,
    meanBacklog: new DecayingMean(),
    skills: new Map(),
  }))
  readonly #turns = new Turns<ClassicMember<Worker>>()
  readonly #line = new Line<ClassicMember<Worker>>()
  readonly #meanBacklog = new DecayingMean()
  readonly #table: ClassTable
  /** By the number of the class. */
  readonly #skilled: ClassicSkill<Worker>[][] = []
  #settings: Settings<typeof classicSettings>
  #memberDecay = 0
  #poolDecay = 0

  constructor(settings: SomeSettings<typeof classicSettings> = {}) {
    this.#settings = resolveSettings(classicSettings, settings)
    this.#table = new ClassTable(this.#settings.maxClasses, (number) => this.#forgetClass(number))
    this.#setDecays()
  }

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  /** The mean backlog of the whole pool, decaying. */
  get meanBacklog(): number {
    return this.#meanBacklog.value
  }

  /** The present workers' own mean backlogs, decaying. */
  meanBacklogs(): Map<Worker, number> {
    return new Map(this.#members.list.map((m) => [m.worker, m.meanBacklog.value]))
  }

  updateSettings(settings: GivenSettings): void {
    this.#settings = resolveSettings(classicSettings, settings)
    this.#table.maxClasses = this.#settings.maxClasses
    this.#setDecays()
  }

  update(worker: Worker, news: WorkerUpdate): void {
    const member = this.#members.update(worker, news, (joined) => {
      this.#line.putAtHead(joined)
      this.#setDecays()
    })
    if (member === undefined) return
    if (news.traits !== undefined) this.#turns.set(member, capacityOf(news.traits))
    if (news.resume !== undefined) {
      this.#forgetScores(member)
      this.#setScores(member, news.resume)
    }
    if (news.changes !== undefined) this.#setScores(member, news.changes)
  }

  remove(worker: Worker): void {
    const member = this.#members.remove(worker)
    if (member === undefined) return
    this.#forgetScores(member)
    this.#line.remove(member)
    this.#turns.remove(member)
    this.#setDecays()
  }

  assign(
    { requestClass }: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    if (this.#idlest(avoid) === undefined) return undefined
    const number = this.#table.use(requestClass)
    const member = this.#choose(number, avoid)
    if (member === undefined) return undefined
    if (!member.skills.has(number)) this.#setScore(member, number, this.#settings.unskilledScore)
    if (this.#turns.use(member)) this.#line.moveToEnd(member)
    const assignment = this.#members.assign(member, () => this.#countBacklog(member))
    this.#countBacklog(member)
    return assignment
  }

  explain(
    { requestClass }: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> {
    const number = this.#table.find(requestClass)
    const candidates = this.#members.list.map(({ worker, backlog, skills }) => {
      const score = number === undefined ? undefined : skills.get(number)?.score
      if (avoid?.has(worker)) return { worker, backlog, role: 'avoided' } as const
      if (score === undefined) return { worker, backlog, role: 'cold' } as const
      return { worker, backlog, role: 'candidate', score } as const
    })
    return { chosen: this.#choose(number, avoid)?.worker, candidates }
  }

  /** `number` is that of the class, if it has one. */
  #choose(
    number: number | undefined,
    avoid: ReadonlySet<Worker> | undefined,
  ): ClassicMember<Worker> | undefined {
    const idlest = this.#idlest(avoid)
    if (idlest === undefined || number === undefined) return idlest
    return this.#mostSkilled(number, this.#backlogLimit(idlest), avoid) ?? idlest
  }

  /** The head of the line stands in for the idlest worker: finding the real one costs a search. */
  #idlest(avoid: ReadonlySet<Worker> | undefined): ClassicMember<Worker> | undefined {
    let member = this.#line.head
    while (member !== undefined && avoid?.has(member.worker)) member = member.after
    return member
  }

  #backlogLimit(idlest: ClassicMember<Worker>): number {
    const floor = meanBacklogOf(idlest) + 1
    const { total } = this.#turns
    return floor + Math.max((this.#settings.variance * this.meanBacklog) / total, 1)
  }

  #mostSkilled(
    number: number,
    backlogLimit: number,
    avoid: ReadonlySet<Worker> | undefined,
  ): ClassicMember<Worker> | undefined {
    let best: ClassicMember<Worker> | undefined
    let bestScore = 0
    for (const skill of this.#skilled[number] ?? []) {
      const { member } = skill
      const score = (skill.score * capacityOf(member.traits)) / Math.max(member.backlog, 1)
      // The original leaves ties to chance; here they go to the least recently used.
      if (score < bestScore || (score === bestScore && !(best && member.turn < best.turn))) continue
      if (meanBacklogOf(member) > backlogLimit || avoid?.has(member.worker)) continue
      best = member
      bestScore = score
    }
    return best
  }

  #countBacklog(member: ClassicMember<Worker>): void {
    member.meanBacklog.add(member.backlog, this.#memberDecay)
    this.#meanBacklog.add(this.backlog, this.#poolDecay)
  }

  #setDecays(): void {
    const { backlogHistory } = this.#settings
    this.#memberDecay = 1 - 1 / (2 * backlogHistory)
    this.#poolDecay = 1 - 1 / (2 * backlogHistory * Math.max(this.size, 1))
  }

  #setScores(member: ClassicMember<Worker>, changes: Resume | ResumeChanges): void {
    for (const [requestClass, skill] of changes) {
      if (skill === null) this.#forgetScore(member, this.#table.find(requestClass))
      else if (skill.count > 0)
        this.#setScore(member, this.#table.use(requestClass, skill.count > 1), skill.score)
    }
  }

  #setScore(member: ClassicMember<Worker>, number: number, score: number): void {
    const known = member.skills.get(number)
    if (known !== undefined) {
      known.score = score
      return
    }
    const skill = { member, score }
    member.skills.set(number, skill)
    const skilled = this.#skilled[number]
    if (skilled === undefined) this.#skilled[number] = [skill]
    else skilled.push(skill)
  }

  #forgetScore(member: ClassicMember<Worker>, number: number | undefined): void {
    const skill = number === undefined ? undefined : member.skills.get(number)
    if (number === undefined || skill === undefined) return
    member.skills.delete(number)
    const skilled = this.#skilled[number] ?? []
    skilled.splice(skilled.indexOf(skill), 1)
  }

  #forgetScores(member: ClassicMember<Worker>): void {
    for (const number of member.skills.keys()) this.#forgetScore(member, number)
  }

  #forgetClass(number: number): void {
    for (const { member } of this.#skilled[number] ?? []) member.skills.delete(number)
    this.#skilled[number] = []
  }
}

/** Per capacity. */
function meanBacklogOf<Worker>({ meanBacklog, traits }: ClassicMember<Worker>): number {
  return meanBacklog.value / capacityOf(traits)
}
