/** Runs a suite in one of the ways, and says what became of each of its tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Runner, Suite } from './suites.ts'

/** How the servers that a suite makes are reached. */
export const ways = ['direct', 'plain', 'resumelb'] as const

export type Way = (typeof ways)[number]

export interface TestOutcome {
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly error: string | undefined
}

/** Milliseconds for a file of `node --test`, some of which wait for what never comes. */
const filePatience = 20_000

/** Milliseconds for a whole suite. */
const patience = 15 * 60_000

/** Runs the suite of a folder whose dependencies are installed. Rejects if it tells no outcome. */
export async function run(suite: Suite, folder: string, way: Way): Promise<TestOutcome[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'resumelb-suite-'))
  const file = join(scratch, 'outcome')
  try {
    await runTests(suite, folder, way, file)
    return outcomes[suite.runner](await readFile(file, 'utf8'))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function runTests(suite: Suite, folder: string, way: Way, file: string): Promise<void> {
  const redirect = pathToFileURL(fileURLToPath(new URL('redirect.mjs', import.meta.url)))
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    NODE_OPTIONS: `--import=${redirect}`,
    RESUMELB_SUITE_WAY: way,
  }
  const child = spawn(process.execPath, commands[suite.runner](suite, folder, file), {
    cwd: folder,
    env,
    stdio: ['ignore', process.env['RESUMELB_SUITE_LOG'] ? 'inherit' : 'ignore', 'inherit'],
    signal: AbortSignal.timeout(patience),
    killSignal: 'SIGKILL',
  })
  await once(child, 'close')
}

/** The arguments of Node that run a suite, its outcome going to a file. */
const commands: Readonly<Record<Runner, (suite: Suite, folder: string, file: string) => string[]>> =
  {
    mocha: ({ args }, folder, file) => [
      installed(folder, 'mocha/bin/mocha.js'),
      ...['--exit', '--check-leaks', '--reporter', 'json', '--reporter-option', `output=${file}`],
      ...args,
    ],
    node: ({ args }, _folder, file) => [
      ...['--test', '--test-force-exit', `--test-timeout=${filePatience}`],
      `--test-reporter=${new URL('count.mjs', import.meta.url)}`,
      `--test-reporter-destination=${file}`,
      ...args,
    ],
    vitest: ({ args }, folder, file) => [
      installed(folder, 'vitest/vitest.mjs'),
      ...['run', '--reporter=json', `--outputFile=${file}`, ...args],
    ],
  }

function installed(folder: string, path: string): string {
  const require = createRequire(join(folder, 'package.json'))
  const [name = '', ...rest] = path.split('/')
  return join(require.resolve(`${name}/package.json`), '..', ...rest)
}

/** What the runners write, read. */
const outcomes: Readonly<Record<Runner, (text: string) => TestOutcome[]>> = {
  mocha: (text) => {
    const { tests, passes, pending } = JSON.parse(text) as MochaReport
    const good = new Set(passes.map(({ fullTitle }) => fullTitle))
    const left = new Set(pending.map(({ fullTitle }) => fullTitle))
    return tests.map(({ fullTitle: name, err }) => {
      const state = left.has(name)
        ? 'skipped'
        : err.message !== undefined || !good.has(name)
          ? 'failed'
          : 'passed'
      return { name, state, error: err.message }
    })
  },
  node: (text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as NodeLine)
      .map(({ name, state, error }) => ({
        name,
        state: state === 'pass' ? 'passed' : state === 'fail' ? 'failed' : 'skipped',
        error,
      })),
  vitest: (text) =>
    (JSON.parse(text) as VitestReport).testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .map(({ fullName: name, status, failureMessages: [error] }) => ({
        name,
        state: status === 'passed' || status === 'failed' ? status : 'skipped',
        error,
      })),
}

interface MochaTest {
  readonly fullTitle: string
  readonly err: { readonly message?: string }
}

interface MochaReport {
  readonly tests: readonly MochaTest[]
  readonly passes: readonly MochaTest[]
  readonly pending: readonly MochaTest[]
}

interface NodeLine {
  readonly name: string
  readonly state: 'pass' | 'fail' | 'skipped'
  readonly error?: string
}

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}
