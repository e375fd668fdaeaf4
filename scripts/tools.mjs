/** Installs the programs of the system that tests need: those of lib/tools.json. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root, run } from './lib/run.mjs'

const tools = readJson(join(root, 'scripts/lib/tools.json'))

/**
 * Installs what is missing where that needs no question: on Debian and Ubuntu, as root, unless
 * `mayInstall` is false. Elsewhere prints what to install. Never fails: tests that need a missing
 * program are skipped, and counted as skipped; with `CI=true` they fail.
 */
export async function prepareTools({ mayInstall = true } = {}) {
  const isMissing = await missingTools()
  if (isMissing.length === 0) return
  if (mayInstall && process.getuid?.() === 0 && (await hasAptGet())) await installAll(isMissing)
  const missing = await missingTools()
  if (missing.length === 0) return
  const fate = process.env.CI === 'true' ? 'fail, as CI is true' : 'be skipped'
  for (const name of missing) {
    console.log(`No ${tools[name].title} here: its tests will ${fate}. ${howToInstall(name)}`)
  }
  // The tests, which print this when they run by themselves, need not repeat it.
  process.env.RESUMELB_MISSING_TOOLS = missing.join(',')
}

/** Whether a program of the table can be started here. */
export async function isThere(name) {
  const { files, command } = tools[name]
  if (!files.every((file) => existsSync(file))) return false
  const [file, ...args] = command
  return (await run({ file, args })).code === 0
}

/** What to do where it is missing, in one line. */
export function howToInstall(name) {
  const { title, files, command, packages } = tools[name]
  const needed = [...new Set([command[0], ...files])].join(', ')
  return (
    `${title} needs ${needed}; ` +
    `on Debian and Ubuntu: apt-get install --no-install-recommends ${packages.join(' ')}`
  )
}

async function missingTools() {
  const names = Object.keys(tools)
  const found = await Promise.all(names.map((name) => isThere(name)))
  return names.filter((_name, at) => !found[at])
}

/** Installs all at once, or else one by one: a distribution may lack one of them. */
async function installAll(names) {
  const packages = names.flatMap((name) => tools[name].packages)
  console.log(
    `Installing system packages with apt-get, for the tests that need them: ` +
      `${packages.join(' ')} (npm test -- --no-install skips this and these tests) ...`,
  )
  if ((await aptInstall(packages)).code === 0) return
  // A fresh image has no package lists yet.
  await run({ file: 'apt-get', args: ['update'] }, { env: quietly })
  if ((await aptInstall(packages)).code === 0) return
  for (const name of names) {
    const { code, output } = await aptInstall(tools[name].packages)
    if (code !== 0) console.log(output.split('\n').slice(-5).join('\n'))
  }
}

async function hasAptGet() {
  return (await run({ file: 'apt-get', args: ['--version'] })).code === 0
}

const quietly = { DEBIAN_FRONTEND: 'noninteractive' }

function aptInstall(packages) {
  const args = ['install', '--yes', '--no-install-recommends', ...packages]
  return run({ file: 'apt-get', args }, { env: quietly })
}
