/** `npm run compare`: resumelb beside HAProxy and nginx, with real processes on this machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { chart } from './chart.ts'
import { runComparison } from './comparison.ts'
import type { Contestant } from './contestants/contestant.ts'
import { contestants } from './contestants/contestants.ts'
import { isolationChart } from './isolation/chart.ts'
import { exemplaryIsolation, isolationContestants } from './isolation/contestants.ts'
import { isolationReport } from './isolation/report.ts'
import { runIsolation } from './isolation/run.ts'
import { LoadGenerator } from './load/load-generator.ts'
import { modelChart } from './models/chart.ts'
import { modelContestants } from './models/contestants.ts'
import type { ModelJob, ModelResult } from './models/job.ts'
import { modelReport } from './models/report.ts'
import { durationOf, runModels, usersFile } from './models/run.ts'
import { defaultModelWorkload } from './models/workload.ts'
import type { Machine, Outcome } from './outcome.ts'
import { isInstalled } from './processes/program.ts'
import { createProgress } from './progress.ts'
import { report } from './report.ts'
import { restartChart } from './restart-chart.ts'
import { defaultWorkload } from './workload.ts'

/** By then the throughput of those that learn has stopped rising steeply. */
const leastWarmUpSeconds = 4.5

/** From where the command runs, so that the help shows no path of this machine. */
const results = relative('', fileURLToPath(new URL('../results', import.meta.url)))

const options = await yargs(hideBin(process.argv))
  .usage('$0 [options]\n\nMeasures resumelb beside HAProxy and nginx: a table and a chart.')
  .option('only', {
    type: 'string',
    array: true,
    default: [''],
    describe: 'Only those whose name contains this',
  })
  .option('seconds', {
    type: 'number',
    describe: 'Of each measurement (default 2, isolation 4, models 8; with --full 10, models 20)',
  })
  .option('users', { type: 'number', default: defaultWorkload.users, describe: 'Closed loop' })
  .option('tenants', { type: 'number', default: defaultWorkload.tenants, describe: 'In all' })
  .option('cached', { type: 'number', default: defaultWorkload.cached, describe: 'By one worker' })
  .option('zipf', { type: 'number', default: defaultWorkload.zipf, describe: 'Exponent' })
  .option('seeds', {
    type: 'number',
    describe: "Sets of tenants' names, or rounds (default 1; with --full or --isolation 3)",
  })
  .option('full', { type: 'boolean', default: false, describe: 'Longer, every phase for everyone' })
  .option('out', { type: 'string', default: results, describe: 'Folder for what comes out' })
  .option('restart-loads', {
    type: 'number',
    array: true,
    // Others can carry the first one too: most of what is asked of a restarted worker is cold.
    default: [0.25],
    describe: "Loads of the restarts: parts of what 'resumelb cost', or all hits, can serve",
  })
  .option('restarts-only', {
    type: 'boolean',
    default: false,
    describe: 'Measures only the restarts',
  })
  .option('isolation', {
    type: 'boolean',
    default: false,
    describe: 'Measures only one tenant beside another, all of them in three rounds',
  })
  .option('models', {
    type: 'boolean',
    default: false,
    describe: 'Measures with servers of language models instead',
  })
  .option('list', { type: 'boolean', describe: 'Show the names of all contestants, and end' })
  .check(({ seconds = 1, seeds = 1, users, tenants, cached, 'restart-loads': restartLoads }) => {
    const isRight = seconds > 0 && [seeds, users, tenants, cached].every((number) => number >= 1)
    if (!isRight) return 'Expected seconds above 0; seeds, users, tenants and cached of at least 1'
    const areLoads = restartLoads.length > 0 && restartLoads.every((load) => load > 0 && load < 1)
    return areLoads || 'Expected --restart-loads between 0 and 1, such as 0.25 0.6'
  })
  .strict()
  .version(false)
  .parseAsync()

if (options.list) {
  const all = options.isolation ? isolationContestants : contestants
  for (const { name, note } of options.models ? modelContestants : all) {
    console.log(`${name}: ${note}`)
  }
} else if (options.isolation) {
  await isolate(await wantedContestants(isolationContestants), options.seeds ?? 3)
} else if (options.models) {
  await compareModels()
} else {
  await compare()
  // All of them in all rounds would take longer than what was asked for.
  const all = options.full ? isolationContestants : exemplaryIsolation
  const present = options.restartsOnly ? [] : await presentContestants(all)
  if (present.length > 0) await isolate(present, options.seeds ?? 1)
}

async function isolate(present: readonly Contestant[], rounds: number): Promise<void> {
  const folder = temporaryFolder()
  const { full, seconds = full ? 10 : 4 } = options
  const generators = [new LoadGenerator(), new LoadGenerator()] as const
  try {
    const outcome = await runIsolation(present, {
      workload: { ...defaultWorkload, tenants: 2 },
      rounds,
      aloneSeconds: seconds,
      besideSeconds: 2 * seconds,
      warmUpSeconds: 2,
      folder,
      generators,
      progress: createProgress(process.stderr),
    })
    const text = isolationReport(outcome)
    await publishAs('isolation', outcome, text, { isolation: isolationChart(outcome) })
  } finally {
    for (const generator of generators) generator.close()
  }
}

async function compareModels(): Promise<void> {
  const machine = describeMachine()
  const present = await wantedContestants(modelContestants)
  const { full, seeds: count = full ? 3 : 1, seconds = full ? 20 : 8 } = options
  const seeds = Array.from({ length: count }, (_, i) => i + 1)
  const warmUpSeconds = Math.max(6, seconds / 2)
  const minutes = durationOf(present.length, { seeds, seconds, warmUpSeconds }) / 60
  console.error(`${present.length} load balancers, about ${minutes.toFixed(1)} minutes`)
  const folder = temporaryFolder()
  const users = new LoadGenerator<ModelJob, ModelResult>(usersFile)
  try {
    const found = await runModels(present, {
      workload: defaultModelWorkload,
      seeds,
      seconds,
      warmUpSeconds,
      folder,
      users,
      progress: createProgress(process.stderr),
    })
    const outcome = { ...found, machine }
    await publishAs('models', outcome, modelReport(outcome), { models: modelChart(outcome) })
  } finally {
    users.close()
  }
}

async function compare(): Promise<void> {
  const machine = describeMachine()
  const present = await wantedContestants(contestants)
  const folder = temporaryFolder()
  const { users, tenants, cached, zipf, full, seeds = full ? 3 : 1 } = options
  const { restartLoads, restartsOnly } = options
  const seconds = options.seconds ?? (full ? 10 : 2)
  const generator = new LoadGenerator()
  try {
    const found = await runComparison(present, {
      workload: { ...defaultWorkload, users, tenants, cached, zipf },
      seeds: Array.from({ length: seeds }, (_, i) => i + 1),
      seconds,
      warmUpSeconds: Math.max(leastWarmUpSeconds, seconds),
      full,
      restartLoads,
      restartsOnly,
      folder,
      generator,
      progress: createProgress(process.stderr),
    })
    await publish({ ...found, machine })
  } finally {
    generator.close()
  }
}

/** For the files of balancers. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-compare-'))
  // At exit, so that it is gone however this ends; the processes are ended likewise.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(130))
  }
  return folder
}

/** As {@link presentContestants}. Throws if there are none. */
async function wantedContestants(all: readonly Contestant[]): Promise<readonly Contestant[]> {
  const present = await presentContestants(all)
  if (present.length > 0) return present
  throw new Error('No load balancer is left to compare; --list shows the names.')
}

/** Those that were asked for and can run here. */
async function presentContestants(all: readonly Contestant[]): Promise<readonly Contestant[]> {
  const wanted = all.filter(({ name }) => options.only.some((part) => name.includes(part)))
  const missing = new Set<string>()
  for (const program of ['haproxy', 'nginx']) {
    const isWanted = wanted.some(({ product }) => product === program)
    if (isWanted && !(await isInstalled(program))) missing.add(program)
  }
  for (const program of missing) console.log(`${program} is not installed: it is left out.`)
  return wanted.filter(({ product }) => !missing.has(product))
}

async function publish(outcome: Outcome): Promise<void> {
  const restarts = restartChart(outcome)
  const pictures = { affinity: chart(outcome), ...(restarts !== undefined && { restarts }) }
  await publishAs('affinity', outcome, report(outcome), pictures)
}

/** `pictures` are SVGs by name. */
async function publishAs(
  name: string,
  outcome: object,
  text: string,
  pictures: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(options.out, { recursive: true })
  const save = async (file: string, content: string): Promise<string> => {
    const path = join(options.out, file)
    await writeFile(path, content)
    return relative('', path)
  }
  const json = await save(`${name}.json`, `${JSON.stringify(outcome, null, 1)}\n`)
  const markdown = await save(`${name}.md`, `${text}\n`)
  const saved = Object.entries(pictures).map(([file, svg]) => save(`${file}.svg`, svg))
  const charts = await Promise.all(saved)
  console.log(`\n${text}\n\nTable: ${markdown}, ${json}\nCharts: ${charts.join(', ')}`)
}

function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown processor',
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
  }
}
