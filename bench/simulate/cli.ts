/** `npm run simulate`: how the pools do in many situations, by simulation. */
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { loadChart, timeChart } from './charts.ts'
import type { Done, Job } from './job.ts'
import { policies } from './policies.ts'
import { bars, overview, scenarioTable } from './report.ts'
import { runJobs } from './run-jobs.ts'
import { loadSweep, scenarios } from './scenarios.ts'
import { type Row, summarize } from './summary.ts'
import { simulateTrace } from './trace/trace-cli.ts'

/** What is drawn: enough to see the differences, few enough to tell the lines apart. */
const drawn = ['cost', 'classic', 'classic variance 4', 'classless', 'rendezvous 2']

const options = await yargs(hideBin(process.argv))
  .usage('$0 [options]\n\nSimulates the pools of resumelb; the same options give the same figures.')
  .option('scenario', {
    type: 'string',
    array: true,
    default: [''],
    describe: 'Only scenarios whose name contains this',
  })
  .option('policy', {
    type: 'string',
    array: true,
    describe: 'Only these policies, or pools with settings: cost:price=2,spares=4',
  })
  .option('seeds', { type: 'number', default: 3, describe: 'Runs of each; medians are shown' })
  .option('json', { type: 'string', describe: 'File for all figures' })
  .option('markdown', { type: 'string', describe: 'File for the tables' })
  .option('plot', { type: 'string', describe: 'Folder for SVG charts' })
  .option('processes', {
    type: 'number',
    default: availableParallelism(),
    describe: 'Simulations to run at once',
  })
  .option('trace', {
    type: 'string',
    describe: 'Replay this file of requests instead (docs/model-servers.md); "synthetic": made up',
  })
  .option('kind', {
    choices: ['prefill', 'engine', 'slots'] as const,
    default: 'prefill' as const,
    describe: 'With --trace: what the workers are',
  })
  .option('workers', { type: 'number', default: 8, describe: 'With --trace' })
  .option('balancers', { type: 'number', array: true, default: [1, 4], describe: 'With --trace' })
  .option('load', {
    type: 'number',
    array: true,
    default: [0.7],
    describe: 'With --trace: part of the time that workers need at least; 0: as recorded',
  })
  .option('speeds', { type: 'number', array: true, default: [1], describe: 'With --trace' })
  .option('tokens-per-second', { type: 'number', default: 8000, describe: 'With --trace' })
  .option('capacity', {
    type: 'number',
    default: 3000,
    describe: 'With --trace: blocks, or classes, that a worker keeps',
  })
  .option('slots', { type: 'number', default: 1, describe: 'With --trace and --kind slots' })
  .option('seed', { type: 'number', default: 1, describe: 'With --trace' })
  .option('list', { type: 'boolean', describe: 'Show the names of all scenarios and policies' })
  .strict()
  .version(false)
  .parseAsync()

const policyNames = options.policy ?? policies.map(({ name }) => name)
const chosen = scenarios.filter(({ name }) => options.scenario.some((part) => isMeant(part, name)))

if (options.trace !== undefined) {
  const { trace, ...others } = options
  simulateTrace({ ...others, trace })
} else if (options.list) {
  console.log(['Scenarios:', ...scenarios.map(({ name }) => `  ${name}`)].join('\n'))
  console.log(['Policies:', ...policies.map(({ name }) => `  ${name}`)].join('\n'))
} else if (chosen.length === 0) {
  console.error('No scenario has such a name; --list shows them all.')
  process.exitCode = 1
} else {
  await compare()
  if (options.plot !== undefined) await plot(options.plot)
}

/** A whole name means that scenario only; a part of names, all that have it. */
function isMeant(part: string, name: string): boolean {
  return scenarios.some((scenario) => scenario.name === part) ? name === part : name.includes(part)
}

async function compare(): Promise<void> {
  const runs = await run(jobsFor(chosen, policyNames, options.seeds))
  const rows = summarize(runs)
  const report = [...chosen.map(({ name }) => section(name, rows)), overview(rows), bars(rows)]
  console.log(report.join('\n\n'))
  if (options.markdown !== undefined) await writeFile(options.markdown, `${report.join('\n\n')}\n`)
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ seeds: options.seeds, rows }, null, 1)}\n`)
  }
}

function section(scenario: string, rows: readonly Row[]): string {
  return `## ${scenario}\n\n${scenarioTable(rows.filter((row) => row.scenario === scenario))}`
}

async function plot(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const names = options.policy ?? drawn
  const eventful = chosen.filter((scenario) => scenario.kind === 'event')
  const runs = await run(jobsFor([...eventful, ...loadSweep], names, 1))
  for (const { name } of eventful) {
    const svg = timeChart(runs.filter(({ job }) => job.scenario === name))
    await save(folder, name.replaceAll(/\W+/g, '-'), svg)
  }
  const isSweep = ({ job }: Done): boolean => loadSweep.some(({ name }) => name === job.scenario)
  await save(folder, 'by-load', loadChart(summarize(runs.filter(isSweep))))
}

async function save(folder: string, name: string, svg: string): Promise<void> {
  const path = join(folder, `${name}.svg`)
  await writeFile(path, svg)
  console.log(path)
}

function jobsFor(
  of: readonly { readonly name: string }[],
  names: readonly string[],
  seeds: number,
): Job[] {
  return of.flatMap(({ name: scenario }) =>
    names.flatMap((policy) =>
      Array.from({ length: seeds }, (_, i) => ({ scenario, policy, seed: i + 1 })),
    ),
  )
}

function run(jobs: readonly Job[]): Promise<Done[]> {
  return runJobs(jobs, options.processes, ({ job }, count) => {
    const line = `${count}/${jobs.length}  ${job.scenario}, ${job.policy}`
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line.slice(0, 100)}`)
    else if (count % 50 === 0 || count === jobs.length) process.stderr.write(`${line}\n`)
    if (process.stderr.isTTY && count === jobs.length) process.stderr.write('\n')
  })
}
