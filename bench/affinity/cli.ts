/** `npm run compare`: resumelb beside HAProxy and nginx, with real processes on this machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { UsageError } from '@resumelb/common/cli'
import { endWith, prepareFolder } from '../command-line.ts'
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
import { command, compareOptions } from './options.ts'
import type { Machine, Outcome } from './outcome.ts'
import { isInstalled } from './processes/program.ts'
import { createProgress } from './progress.ts'
import { report } from './report.ts'
import { restartChart } from './restart-chart.ts'
import { defaultWorkload } from './workload.ts'

/** By then the throughput of those that learn has stopped rising steeply. */
const leastWarmUpSeconds = 4.5

const options = await compareOptions()

try {
  await main()
} catch (error) {
  endWith(command, error)
}

async function main(): Promise<void> {
  const { list, isolation, models, full, seeds, restartsOnly } = options
  if (list) {
    const ofTenants = isolation ? isolationContestants : contestants
    for (const { name, note } of wantedOf(models ? modelContestants : ofTenants)) {
      console.log(`${name}: ${note}`)
    }
    return
  }
  await prepareFolder(options.out)
  if (isolation) {
    await isolate(await presentContestants(isolationContestants), seeds ?? 3)
  } else if (models) {
    await compareModels()
  } else {
    await compareAffinity()
    // All of them in all rounds would take longer than what was asked for.
    const all = full ? isolationContestants : exemplaryIsolation
    if (!restartsOnly && all.some(isWanted))
      await isolate(await presentContestants(all), seeds ?? 1)
  }
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
  const present = await presentContestants(modelContestants)
  const { full, seeds: count = full ? 3 : 1, seconds = full ? 20 : 8 } = options
  const seeds = Array.from({ length: count }, (_, i) => i + 1)
  const warmUpSeconds = Math.max(6, seconds / 2)
  const minutes = durationOf(present.length, { seeds, seconds, warmUpSeconds }) / 60
  console.error(`${present.length} load balancers, about ${minutes.toFixed(1)} minutes`)
  const folder = temporaryFolder()
  const users = new LoadGenerator<ModelJob, ModelResult>(usersFile)
  try {
    const found = await runModels(present, {
      workload: { ...defaultModelWorkload, ...givenOf('users', 'tenants', 'zipf') },
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

async function compareAffinity(): Promise<void> {
  const machine = describeMachine()
  const present = await presentContestants(contestants)
  const folder = temporaryFolder()
  const { full, seeds = full ? 3 : 1, seconds = full ? 10 : 2 } = options
  const { cached, warmMs, loadMs, restartLoads, restartsOnly } = options
  const { warmUp = Math.max(leastWarmUpSeconds, seconds) } = options
  const given = { ...givenOf('users', 'tenants', 'zipf'), cached, warmMs, loadMs }
  const generator = new LoadGenerator()
  try {
    const found = await runComparison(present, {
      workload: { ...defaultWorkload, ...given },
      seeds: Array.from({ length: seeds }, (_, i) => i + 1),
      seconds,
      warmUpSeconds: warmUp,
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

/** Those of these options that were given. */
function givenOf<Name extends 'users' | 'tenants' | 'zipf'>(
  ...names: readonly Name[]
): Partial<Record<Name, number>> {
  const all = names.map((name) => [name, options[name]] as const)
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Partial<
    Record<Name, number>
  >
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

/** Those that were asked for; throws if there are none. */
function wantedOf(all: readonly Contestant[]): readonly Contestant[] {
  const wanted = all.filter(isWanted)
  if (wanted.length > 0) return wanted
  throw new UsageError('Expected --only to be a part of a name that --list shows')
}

function isWanted({ name }: Contestant): boolean {
  return options.only.some((part) => name.includes(part))
}

/** Those that were asked for and can run here; throws if there are none. */
async function presentContestants(all: readonly Contestant[]): Promise<readonly Contestant[]> {
  const wanted = wantedOf(all)
  const missing = new Set<string>()
  for (const program of ['haproxy', 'nginx']) {
    const isNeeded = wanted.some(({ product }) => product === program)
    if (isNeeded && !(await isInstalled(program))) missing.add(program)
  }
  for (const program of missing) console.log(`${program} is not installed: it is left out.`)
  const present = wanted.filter(({ product }) => !missing.has(product))
  if (present.length > 0) return present
  throw new UsageError('Nothing is left to compare')
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
