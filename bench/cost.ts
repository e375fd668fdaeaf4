/**
 * What does a request cost on the way from its client to the application and back?
 *
 *     npx tsx --conditions=@resumelb/source bench/cost.ts [--rounds 5] [--seconds 3] [--save] [--processes 1 2 4]
 *
 * Processor time (the kernel's part included) per request of what stands in front and of what
 * stands behind it, of 64 keep-alive connections. All are measured in turn, several times, so that
 * whatever else the machine does falls on all of them; the table shows medians. Linux only.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { untilServing } from './affinity/processes/network.ts'
import { Program } from './affinity/processes/program.ts'
import { readOptions, refuse } from './command-line.ts'
import { type Contestant, contestants, contestantsOfProcesses } from './cost/contestants.ts'
import { availableShapes, type Loader, loader, type Shape } from './cost/load.ts'
import { processorTime } from './cost/processor-time.ts'
import { median } from './statistics.ts'

/** Processor time per request, in microseconds. */
interface Cost {
  readonly front: number
  readonly back: number
}

const benchmark = {
  name: 'cost',
  call: 'npx tsx --conditions=@resumelb/source bench/cost.ts',
  description: 'Measures the processor time that a request takes.',
  options: {
    rounds: { type: 'number', least: 1, default: 5, describe: 'Measurements of each' },
    seconds: { type: 'number', least: 1, default: 3, describe: 'Length of each' },
    save: { type: 'boolean', describe: 'Put the table into bench/README.md' },
    processes: {
      type: 'number',
      array: true,
      least: 1,
      describe:
        'Compare resumelb with so many --processes instead, with the first as the reference',
    },
  },
} as const

const { rounds, seconds, save, processes } = await readOptions(benchmark, (given) => {
  if (given.processes) refuse(given, ['save'], 'bench/README.md has the table without --processes')
})

/** What the others are compared with, and how the tables call it. */
const [reference, referenceCosts] =
  processes === undefined ? ['nginx → Node', "nginx's"] : [undefined, 'the first']

/** A contestant whose processes run. */
interface Running extends Pick<Contestant, 'name' | 'port' | 'securePort'> {
  readonly front: readonly Program[]
  readonly back: Program
}

/** Answers after which the compilers of all have done their work. */
const warmUpAnswers = 100_000

/** Seconds that warming one up may take on a slow machine. */
const warmUpLimit = 60

function start(contestant: Contestant): Running {
  const { name, port, securePort } = contestant
  const back = new Program(contestant.back)
  return {
    name,
    port,
    ...(securePort !== undefined && { securePort }),
    back,
    front: contestant.front.map((command) => new Program(command)),
  }
}

/** Where clients that speak so connect; those that serve no TLS are not asked. */
const portFor = ({ port, securePort = port }: Running, { speaks }: Shape): number =>
  speaks === undefined ? port : securePort

async function warmUp(running: Running, shape: Shape, load: Loader): Promise<void> {
  await untilServing(running.port)
  const deadline = performance.now() + warmUpLimit * 1000
  let answers = 0
  while (answers < warmUpAnswers && performance.now() < deadline) {
    answers += await load(portFor(running, shape), shape, seconds)
  }
}

async function measure(running: Running, shape: Shape, load: Loader): Promise<Cost> {
  const timeOf = (programs: readonly Program[]) =>
    programs.reduce((time, { pid }) => time + processorTime(pid ?? 0), 0)
  const times = () => ({ front: timeOf(running.front), back: timeOf([running.back]) })
  const before = times()
  const answers = await load(portFor(running, shape), shape, seconds)
  const after = times()
  return {
    front: (after.front - before.front) / answers,
    back: (after.back - before.back) / answers,
  }
}

const sum = ({ front, back }: Cost): number => front + back

/** The lines of one shape's table. */
function table(shape: Shape, costs: ReadonlyMap<string, readonly Cost[]>): string[] {
  const lines = [
    `| ${shape.name} | in front, µs | behind, µs | sum, µs | of ${referenceCosts} |`,
    '|---|---:|---:|---:|---:|',
  ]
  const [first = ''] = costs.keys()
  const theirs = costs.get(reference ?? first)
  for (const [name, all] of costs) {
    // Of what was measured in the same round: a busy moment of the machine falls on both.
    const ratios = all.map((cost, round) => sum(cost) / sum(theirs?.[round] ?? cost))
    const ratio = theirs === undefined ? '' : median(ratios).toFixed(2)
    const [front, back, both] = [
      median(all.map((cost) => cost.front)),
      median(all.map((cost) => cost.back)),
      median(all.map(sum)),
    ].map((value) => value.toFixed(1))
    lines.push(`| ${name} | ${front} | ${back} | **${both}** | ${ratio} |`)
  }
  return lines
}

function putIntoReadme(text: string): void {
  const file = new URL('README.md', import.meta.url)
  const [begin, end] = ['<!-- cost:begin -->', '<!-- cost:end -->']
  const before = readFileSync(file, 'utf8')
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`bench/README.md has no ${begin} and ${end}`)
  writeFileSync(file, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`)
}

/** Measures all contestants with one shape, in turn. */
async function compare(
  running: readonly Running[],
  shape: Shape,
  load: Loader,
): Promise<Map<string, Cost[]>> {
  const costs = new Map<string, Cost[]>(running.map(({ name }) => [name, []]))
  for (const each of running) await warmUp(each, shape, load)
  for (let round = 0; round < rounds; round++) {
    for (const each of running) {
      const cost = await measure(each, shape, load)
      costs.get(each.name)?.push(cost)
      const { front, back } = cost
      const parts = `${front.toFixed(1)} + ${back.toFixed(1)} µs`
      process.stderr.write(`${shape.name}, ${each.name}: ${parts}\n`)
    }
  }
  return costs
}

const folder = mkdtempSync(join(tmpdir(), 'resumelb-cost-'))
const running: Running[] = []
try {
  const load = await loader(folder)
  const all = await (processes === undefined
    ? contestants(folder)
    : contestantsOfProcesses(folder, processes))
  for (const contestant of all) running.push(start(contestant))
  const lines: string[] = []
  for (const shape of await availableShapes()) {
    const able = running.filter(({ securePort }) => shape.speaks === undefined || securePort)
    lines.push(...table(shape, await compare(able, shape, load)), '')
  }
  const { model } = cpus()[0] ?? { model: 'unknown' }
  lines.push(`Node ${process.version}, ${cpus().length} × ${model.trim()}, ${rounds} rounds.`)
  console.log(lines.join('\n'))
  if (save) putIntoReadme(lines.join('\n'))
} finally {
  for (const { front, back } of running) {
    for (const program of [...front, back]) await program.stop()
  }
  rmSync(folder, { recursive: true, force: true })
}
