/** The command `npm run suites`: test suites of other projects, through a balancer and a worker. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { OptionError } from '@resumelb/common'
import { showFailure, UsageError } from '@resumelb/common/cli'
import { run, type TestOutcome, type Way, ways } from './run.ts'
import { type Suite, suites } from './suites.ts'

const help = `npm run suites -- [options] [suite ...]

Runs the test suites of HTTP frameworks with every server that they make behind a load balancer and
a worker, and for comparison behind a plain reverse proxy and directly. Suites: all, or some of
${suites.map(({ name }) => name).join(', ')}.

  --path DIR   a checkout of the one suite; without it, its repository is cloned
  --way WAY    only direct, plain or resumelb; may be repeated
  --failures   name the tests that fail, with their errors
`

const { values, positionals } = await orEnd(async () => read())

if (values.help) process.stdout.write(help)
else await orEnd(main)

/** What the function returns; a mistake of the operator's ends the process. */
async function orEnd<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    process.exit(showFailure('suites', error, 'npm run suites --'))
  }
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        path: { type: 'string' },
        way: { type: 'string', multiple: true },
        failures: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function main(): Promise<void> {
  const chosen = positionals.length > 0 ? positionals.map(suiteNamed) : suites
  const wanted = values.way === undefined ? ways : values.way.map(wayNamed)
  if (values.path !== undefined && chosen.length !== 1) {
    throw new UsageError('--path is for one suite: name it')
  }
  for (const suite of chosen) {
    const folder = values.path ?? (await clone(suite))
    prepare(suite, folder)
    for (const way of wanted) {
      const outcomes = await run(suite, folder, way)
      report(suite, way, outcomes)
    }
  }
}

function suiteNamed(name: string): Suite {
  const suite = suites.find((each) => each.name === name)
  if (suite === undefined)
    throw new OptionError('SUITE', `one of ${suites.map((each) => each.name).join(', ')}`, name)
  return suite
}

function wayNamed(name: string): Way {
  const way = ways.find((each) => each === name)
  if (way === undefined) throw new OptionError('--way', `one of ${ways.join(', ')}`, name)
  return way
}

/** A checkout that stays, for the next time. */
async function clone({ name, repository, tag }: Suite): Promise<string> {
  const parent = join(tmpdir(), 'resumelb-suites')
  const folder = join(parent, `${name}-${tag}`)
  await mkdir(parent, { recursive: true })
  if (existsSync(folder)) return folder
  command(parent, 'git', ['clone', '--depth', '1', '--branch', tag, repository, folder])
  return folder
}

function prepare({ prepare: steps = [] }: Suite, folder: string): void {
  if (existsSync(join(folder, 'node_modules'))) return
  command(folder, 'npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'])
  for (const [program, ...args] of steps) command(folder, program, args)
}

function command(cwd: string, program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed`, { cause: error })
}

function report(suite: Suite, way: Way, outcomes: readonly TestOutcome[]): void {
  const count = (wanted: string) => outcomes.filter(({ state }) => state === wanted).length
  const skipped = count('skipped')
  console.log(
    `${suite.name.padEnd(12)} ${way.padEnd(9)} ${count('passed')} of ${outcomes.length - skipped}` +
      ` pass${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  )
  if (!values.failures) return
  for (const { name, state, error = '' } of outcomes) {
    if (state === 'failed') console.log(`  ✗ ${name}\n      ${error.split('\n')[0]}`)
  }
}
