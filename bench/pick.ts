/**
 * How long does a pool take to choose a worker, and how much does it remember?
 *
 *     npx tsx --conditions=@resumelb/source bench/pick.ts
 *
 * One pick is an `assign` and its `finish`, with what a worker tells at the end of a response.
 * Classes come by Zipf's law; workers are 60 % busy and have about two requests each in progress.
 * The floor is the least that any pool needs which knows its classes: it looks up the class in a
 * `Map`, and changes one number of it. On a machine whose memory is busy with something else, the
 * floor rises as the pools do.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  type Assignment,
  createPool,
  type Outcome,
  type PickArgs,
  type Pool,
  poolNames,
} from '@resumelb/lb'
import type { Skill } from '@resumelb/protocol'
import { readOptions } from './command-line.ts'
import { conversationPicks } from './conversation-picks.ts'

const serviceSeconds = 0.005
const utilization = 0.6
const skillsPerClass = 2.7

/** A source of chance that gives the same numbers every time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let hash = Math.imul(state ^ (state >>> 15), 1 | state)
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Request classes and how often they come. */
class Classes {
  readonly names: string[]
  readonly #cumulated: Float64Array
  readonly #total: number

  constructor(count: number) {
    this.names = Array.from({ length: count }, (_, i) => `tenant-${i}.example.com`)
    this.#cumulated = new Float64Array(count)
    let sum = 0
    for (let i = 0; i < count; i++) {
      sum += 1 / (i + 1)
      this.#cumulated[i] = sum
    }
    this.#total = sum
  }

  /** The part of all requests that are of the class. */
  share(index: number): number {
    return 1 / ((index + 1) * this.#total)
  }

  /** Draws a class. */
  draw(random: () => number): number {
    const wanted = random() * this.#total
    let low = 0
    let high = this.names.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#cumulated[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * How many workers have a skill at the class: its tail by chance, its head as many as it fills
 * twice.
 */
function homesOf(share: number, workers: number, random: () => number): number {
  const busyWorkers = share * workers * utilization
  const few = random() < skillsPerClass % 1 ? Math.ceil(skillsPerClass) : Math.floor(skillsPerClass)
  return Math.min(workers, few + Math.floor(2 * busyWorkers))
}

function skillAt(share: number, workers: number, homes: number): Skill {
  const rate = (share * workers * utilization) / serviceSeconds
  return { score: 1 / serviceSeconds, seconds: serviceSeconds, count: 50, rate: rate / homes }
}

/** Brings the workers into the pool, each with its part of the skills. Returns their number. */
function fill(pool: Pool<number>, workers: number, classes: Classes): number {
  const random = createRandom(1)
  const resumes = Array.from({ length: workers }, () => new Map<string, Skill>())
  for (const [index, name] of classes.names.entries()) {
    const share = classes.share(index)
    const homes = homesOf(share, workers, random)
    const first = Math.floor(random() * workers)
    for (let i = 0; i < homes; i++) {
      resumes[(first + i) % workers]?.set(name, skillAt(share, workers, homes))
    }
  }
  let skills = 0
  for (const [worker, resume] of resumes.entries()) {
    const traits = {
      key: `10.0.0.1:${worker}`,
      concurrency: 1,
      version: '',
      state: 'ready',
    } as const
    pool.update(worker, { traits, resume }, 0)
    skills += resume.size
  }
  return skills
}

interface Timing {
  /** Nanoseconds. */
  readonly mean: number
  readonly p99: number
}

/** Picks between which what they need is prepared. */
const picksAtOnce = 500

/** What is timed. */
export interface Picks {
  /** Prepares what so many picks need, which is not timed. */
  prepare?(picks: number): void
  /** Assigns one request and finishes another. */
  pick(): void
}

/**
 * Times picks: the mean processor time of a run, so that a busy machine does not count, then each
 * alone by the clock.
 */
function time({ prepare, pick }: Picks, count: number): Timing {
  const run = (picks: number) => {
    prepare?.(picks)
    const begin = process.cpuUsage()
    for (let i = 0; i < picks; i++) pick()
    const { user, system } = process.cpuUsage(begin)
    return (user + system) * 1000
  }
  for (let i = 0; i < count / 2; i += picksAtOnce) run(picksAtOnce)
  let sum = 0
  let picks = 0
  for (; picks < count; picks += picksAtOnce) sum += run(picksAtOnce)
  const single = new Float64Array(Math.ceil(count / 2))
  for (let i = 0; i < single.length; i++) {
    if (i % picksAtOnce === 0) prepare?.(picksAtOnce)
    const start = performance.now()
    pick()
    single[i] = (performance.now() - start) * 1e6
  }
  single.sort()
  return { mean: sum / picks, p99: single[Math.floor(single.length * 0.99)] ?? 0 }
}

/** What is timed of a pool. */
type Picker = Pick<Pool<number>, 'assign'>

/** A pool of one worker that only looks up the class. */
class LookUp implements Picker {
  readonly #numbers: Map<string, number>
  readonly #counts: Float64Array

  constructor({ names }: Classes) {
    this.#numbers = new Map(names.map((name, index) => [name, index]))
    this.#counts = new Float64Array(names.length)
  }

  assign({ requestClass }: PickArgs): Assignment<number> {
    const number = this.#numbers.get(requestClass) ?? 0
    this.#counts[number] = (this.#counts[number] ?? 0) + 1
    return { worker: 0, finish: () => undefined }
  }
}

function timePool(name: string, workers: number, classes: Classes, picks: number): Timing {
  const pool = createPool<number>(name, {}, createRandom(3))
  fill(pool, workers, classes)
  return timePicker(pool, workers, classes, picks)
}

function timePicker(pool: Picker, workers: number, classes: Classes, picks: number): Timing {
  const random = createRandom(2)
  const drawn = Int32Array.from({ length: 1 << 16 }, () => classes.draw(random))
  const inProgress: { assignment: Assignment<number>; index: number }[] = []
  const places = workers * 2
  const interval = serviceSeconds / (workers * utilization)
  let now = 1
  let turn = 0
  const pick = () => {
    now += interval
    const index = drawn[turn++ & 0xffff] ?? 0
    const assignment = pool.assign({ requestClass: classes.names[index] ?? '' }, now)
    const place = turn % places
    const ended = inProgress[place]
    if (assignment !== undefined) inProgress[place] = { assignment, index }
    if (ended === undefined) return
    const homes = 2.7 + 2 * classes.share(ended.index) * workers * utilization
    const outcome: Outcome = {
      result: 'served',
      seconds: serviceSeconds,
      skill: skillAt(classes.share(ended.index), workers, homes),
    }
    ended.assignment.finish(now, outcome)
  }
  return time({ pick }, picks)
}

/** What most load balancers do: look at every worker and take the one with the fewest requests. */
function timeScan(workers: number, picks: number): Timing {
  const backlogs = Array.from({ length: workers }, () => ({ requests: 0 }))
  const inProgress: { requests: number }[] = []
  const places = workers * 2
  let turn = 0
  const pick = () => {
    let least = backlogs[0]
    for (const worker of backlogs) if (least && worker.requests < least.requests) least = worker
    if (least === undefined) return
    least.requests++
    const place = turn++ % places
    const ended = inProgress[place]
    inProgress[place] = least
    if (ended !== undefined) ended.requests--
  }
  return time({ pick }, picks)
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Megabytes that the pool needs for its workers' skills, names of classes included. */
function measureMemory(name: string, workers: number, classCount: number) {
  const before = usedMemory()
  const pool = createPool<number>(name, {}, createRandom(3))
  const skills = fill(pool, workers, new Classes(classCount))
  const megabytes = (usedMemory() - before) / 1e6
  return { skills, megabytes, workers: pool.size }
}

function cell({ mean, p99 }: Timing): string {
  return `${(mean / 1000).toFixed(2)} / ${(p99 / 1000).toFixed(1)}`
}

const options = await readOptions({
  name: 'pick',
  call: 'npx tsx --conditions=@resumelb/source bench/pick.ts',
  description: 'Times how a pool chooses a worker, and tells what it remembers.',
  options: {
    workers: {
      type: 'number',
      array: true,
      least: 1,
      default: [10, 100, 1000],
      describe: 'Numbers of workers to choose from',
    },
    classes: { type: 'number', least: 1, default: 100_000, describe: 'Classes of the requests' },
    picks: { type: 'number', least: 1, default: 300_000, describe: 'Picks that are timed' },
    pool: {
      type: 'string',
      array: true,
      choices: poolNames,
      default: poolNames,
      describe: 'Only these pools',
    },
  },
})

const classes = new Classes(options.classes)
const rows: [name: string, run: (workers: number) => Timing][] = [
  [
    'floor: look up the class',
    (workers) => timePicker(new LookUp(classes), workers, classes, options.picks),
  ],
  ['scan for the fewest requests', (workers) => timeScan(workers, options.picks)],
  ...options.pool.map((name): [string, (workers: number) => Timing] => [
    name,
    (workers) => timePool(name, workers, classes, options.picks),
  ]),
  [
    'cost, conversations of up to 100 links',
    (workers) => time(conversationPicks(workers, createRandom(4)), options.picks),
  ],
]
console.log(
  `\nAssign and finish one request, ${options.classes} classes by Zipf's law: mean / p99 in µs\n`,
)
console.log(`| pool | ${options.workers.map((workers) => `${workers} workers`).join(' | ')} |`)
console.log(`|---|${options.workers.map(() => '---').join('|')}|`)
for (const [name, run] of rows) {
  console.log(`| ${name} | ${options.workers.map((workers) => cell(run(workers))).join(' | ')} |`)
}
console.log('\nMemory for all skills\n\n| pool | workers | skills | MB |\n|---|---|---|---|')
for (const name of options.pool.filter((pool) => pool === 'cost' || pool === 'classic')) {
  const { skills, megabytes, workers } = measureMemory(
    name,
    Math.max(...options.workers),
    options.classes,
  )
  console.log(`| ${name} | ${workers} | ${skills} | ${megabytes.toFixed(0)} |`)
}
