/**
 * Runs every check and test, even after one has failed, and ends with the count:
 * `N passed, N failed, N skipped`. A check that is no test counts as one test. What failed stands
 * right before the count, with the first lines of its message.
 *
 *   npm test                          everything
 *   npm test -- --only lint,types     some of it
 *   npm test -- PATTERN               the tests in files whose path, from here, contains PATTERN
 *   npm test -- --node 24             unit and main end-to-end tests on another Node.js
 *   npm test -- --no-install          without installing system packages
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPage } from './build-page.mjs'
import { checkFloors } from './check-floors.mjs'
import { checkLines } from './check-lines.mjs'
import { checkWords } from './check-words.mjs'
import { environmentFor, nodeRelease } from './lib/node-release.mjs'
import { root, run, tool, toolOn } from './lib/run.mjs'
import { filesOf } from './lib/test-files.mjs'
import { lintPackages } from './lint-packages.mjs'
import { build, checkNode, install } from './setup.mjs'
import { prepareTools } from './tools.mjs'
import { tryPackages } from './try-packages.mjs'

const count = { passed: 0, failed: 0, skipped: 0 }
/** What failed, for the end of a long output: the names with the first lines of their messages. */
const failures = []
const maxShownFailures = 20
const maxShownLines = 16
const countReporter = join(root, 'scripts/lib/count-reporter.mjs')

/** Everything that `--only` can name, in the order in which it runs. */
const parts = {
  lint: async () => {
    await check('biome check', tool('@biomejs/biome', 'check'))
    checkFloors(record)
    checkWords(record)
    checkLines(record)
  },
  types: () =>
    check(
      'tsc --noEmit -p tsconfig.test.json',
      tool('typescript', '--noEmit', '-p', 'tsconfig.test.json'),
    ),
  unused: () => check('knip', tool('knip')),
  packages: () => lintPackages(record),
  unit: (patterns) => vitest('unit tests', ['--project', '!e2e', ...patterns]),
  e2e: (patterns) => vitest('end-to-end tests', ['--project', 'e2e', ...patterns]),
  packed: () => tryPackages(record),
  'node-24': () => testOn('24'),
}

/** Parts that only read files, and so run at the same time. */
const readingParts = new Set(['lint', 'types', 'unused', 'packages'])

/** What runs unless something is named: the tests on a second Node.js only in CI. */
const usualParts = Object.keys(parts).filter(
  (name) => name !== 'node-24' || process.env.CI === 'true',
)

/** The end-to-end tests that cover the main job, for a second Node.js. */
const mainEndToEnd = ['e2e/balancing', 'e2e/bodies', 'e2e/command', 'e2e/zookeeper/changes']

/** Runs the unit tests and the main end-to-end tests on that major version of Node.js. */
async function testOn(major, patterns = []) {
  const node = await nodeRelease(major)
  const chosen = patterns.length > 0 ? patterns : mainEndToEnd
  await vitest(`unit tests on Node.js ${major}`, ['--project', '!e2e', ...patterns], node)
  await vitest(`end-to-end tests on Node.js ${major}`, ['--project', 'e2e', ...chosen], node)
}

/** An error of one part must not keep the others from running. */
async function runPart(name, patterns) {
  try {
    await parts[name](patterns)
  } catch (error) {
    record(name, { code: 1, output: error.message })
  }
}

async function check(title, command) {
  record(title, await run(command))
}

function record(title, { code, output, took }) {
  const passed = code === 0
  count[passed ? 'passed' : 'failed'] += 1
  console.log(`${passed ? '✓' : '✗'} ${title}${took === undefined ? '' : ` (${took})`}`)
  if (passed) return
  fail(title, output)
  console.log(output)
}

/** Runs Vitest in view, on that binary of Node.js, and adds up what its tests did. */
async function vitest(title, args, node = process.execPath) {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-test-'))
  const file = join(folder, 'count.json')
  const reporters = ['--reporter=default', `--reporter=${countReporter}`]
  try {
    const command = toolOn(node, 'vitest', 'run', '--passWithNoTests', ...reporters, ...args)
    // Vitest colours its output in CI, too, where no terminal shows it.
    const colour = process.stdout.isTTY ? {} : { NO_COLOR: '1' }
    const path = node === process.execPath ? {} : environmentFor(node)
    const env = { ...colour, ...path, RESUMELB_TEST_COUNT: file }
    const { code } = await run(command, { show: true, env })
    const seen = readCount(file)
    count.passed += seen.passed
    count.skipped += seen.skipped
    if (code !== 0 && seen.failures.length === 0) {
      seen.failures.push({ name: 'no test', message: `Vitest ended with status ${code}` })
    }
    count.failed += seen.failures.length
    for (const { name, message } of seen.failures) fail(`${title}, ${name}`, message)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readCount(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // Vitest did not get as far as writing it.
    return { passed: 0, skipped: 0, failures: [] }
  }
}

/** Keeps the first lines of what failed for the end. */
function fail(title, message) {
  const lines = message.split('\n').slice(0, maxShownLines)
  failures.push([`✗ ${title}`, ...lines.map((line) => `    ${line.slice(0, 200)}`)].join('\n'))
}

/** Prints the first failures again at the end, which even a truncated output keeps. */
function showFailures() {
  console.log(`\nFailed:\n${failures.slice(0, maxShownFailures).join('\n')}`)
  if (failures.length > maxShownFailures) {
    console.log(`and ${failures.length - maxShownFailures} more`)
  }
}

function chosenParts({ only, patterns }) {
  if (only === undefined) return patterns.length > 0 ? ['unit', 'e2e'] : usualParts
  const names = only.split(',')
  const unknown = names.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined) {
    throw new Error(`--only knows ${Object.keys(parts).join(', ')}; not "${unknown}"`)
  }
  return names
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      only: { type: 'string' },
      node: { type: 'string' },
      'no-install': { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const { node, only } = values
  const patterns = filesOf(positionals)
  if (node !== undefined && only !== undefined) {
    throw new Error('--node runs the unit and end-to-end tests: it does not go with --only')
  }
  const names = node === undefined ? chosenParts({ only, patterns }) : []
  checkNode()
  await install()
  if (names.includes('types')) {
    await check('tsc --build', tool('typescript', '--build'))
    await buildPage()
  } else await build()
  const runsTests = node !== undefined || names.includes('unit') || names.includes('e2e')
  if (runsTests) await prepareTools({ mayInstall: !values['no-install'] })
  if (node !== undefined) await testOn(node, patterns)
  const reading = names.filter((name) => readingParts.has(name))
  await Promise.all(reading.map((name) => runPart(name, patterns)))
  for (const name of names) if (!readingParts.has(name)) await runPart(name, patterns)
  if (patterns.length > 0 && count.passed + count.failed + count.skipped === 0) {
    throw new Error(`no test file's path contains ${positionals.join(' or ')}`)
  }
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  count.failed += 1
}
if (failures.length > 0) showFailures()
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed > 0 ? 1 : 0
