/** `npm run simulate`: how the pools do in many situations, by simulation. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endWith, prepareFile, prepareFolder } from '../command-line.ts'
import { loadChart, timeChart } from './charts.ts'
import type { Done, Job } from './job.ts'
import { command, simulateOptions } from './options.ts'
import { policies } from './policies.ts'
import { bars, overview, scenarioTable } from './report.ts'
import { RunFile } from './run-file.ts'
import { runJobs } from './run-jobs.ts'
import { loadSweep, scenarios } from './scenarios.ts'
import { type Row, summarize } from './summary.ts'
import { simulateTrace } from './trace/trace-cli.ts'

/** What is drawn: enough to see the differences, few enough to tell the lines apart. */
const drawn = ['cost', 'classic', 'classic variance 4', 'classless', 'rendezvous 2']

const options = await simulateOptions()
const policyNames = options.policy ?? policies.map(({ name }) => name)
const chosen = scenarios.filter(({ name }) => options.scenario.some((part) => isMeant(part, name)))

try {
  await main()
} catch (error) {
  endWith(command, error)
}

async function main(): Promise<void> {
  const { trace, list, plot: folder, json, markdown, ...others } = options
  if (trace !== undefined) {
    simulateTrace({ ...others, trace })
  } else if (list) {
    console.log(['Scenarios:', ...scenarios.map(({ name }) => `  ${name}`)].join('\n'))
    console.log(['Policies:', ...policies.map(({ name }) => `  ${name}`)].join('\n'))
  } else {
    for (const file of [json, markdown]) if (file !== undefined) await prepareFile(file)
    if (folder !== undefined) await prepareFolder(folder)
    await compare()
    if (folder !== undefined) await plot(folder)
  }
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
  const kept = options.runs === undefined ? undefined : new RunFile(options.runs)
  return runJobs(jobs, { processes: options.processes, kept }, ({ job }, count) => {
    const line = `${count}/${jobs.length}  ${job.scenario}, ${job.policy}`
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line.slice(0, 100)}`)
    else if (count % 50 === 0 || count === jobs.length) process.stderr.write(`${line}\n`)
    if (process.stderr.isTTY && count === jobs.length) process.stderr.write('\n')
  })
}
