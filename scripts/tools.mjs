/** Sees to it that the tests find the programs of the system that they need besides ZooKeeper. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { aptInstall, canInstall } from './zookeeper.mjs'

/** Programs by name, with the package of Debian and Ubuntu that has each. */
export const tools = { curl: 'curl', jq: 'jq', promtool: 'prometheus' }

/**
 * Installs missing programs where that needs no question: on Debian and Ubuntu, as root, unless
 * `mayInstall` is false. Elsewhere says what to install. Never fails: tests that miss a program are
 * skipped, and counted as skipped; with `CI=true` they fail.
 */
export async function prepareTools({ mayInstall = true } = {}) {
  let missing = Object.keys(tools).filter((name) => !hasTool(name))
  if (missing.length === 0) return
  const packages = missing.map((name) => tools[name])
  if (mayInstall && (await canInstall())) {
    console.log(`Installing system packages with apt-get, for tests: ${packages.join(' ')} ...`)
    const { code, output } = await aptInstall(packages)
    if (code !== 0) console.log(output.split('\n').slice(-5).join('\n'))
    missing = missing.filter((name) => !hasTool(name))
  }
  if (missing.length === 0) return
  const fate = process.env.CI === 'true' ? 'fail, as CI is true' : 'be skipped'
  console.log(`Missing: ${missing.join(', ')}. Their tests will ${fate}.`)
}

/** Whether a program is in one of the folders of PATH. */
export function hasTool(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
}
