/** Sees to it that the tests which need a ZooKeeper server find one to start. */
import { existsSync } from 'node:fs'
import { run } from './lib/run.mjs'

const jars = ['/usr/share/java/zookeeper.jar', '/usr/share/java/slf4j-simple.jar']
const debianPackages = ['libzookeeper-java', 'libslf4j-java', 'default-jre-headless']

/**
 * Installs ZooKeeper where that needs no question: on Debian and Ubuntu, as root, unless
 * `mayInstall` is false. Elsewhere says what to install. Never fails: tests that miss ZooKeeper are
 * skipped, and counted as skipped; with `CI=true` they fail.
 */
export async function prepareZooKeeper({ mayInstall = true } = {}) {
  if (await isThere()) return
  if (mayInstall && (await canInstall())) {
    console.log(
      `Installing system packages with apt-get, for the tests with a real ZooKeeper server: ` +
        `${debianPackages.join(' ')} (npm test -- --no-install skips this and these tests) ...`,
    )
    const { code, output } = await aptInstall(debianPackages)
    if (code === 0 && (await isThere())) return
    console.log(output.split('\n').slice(-5).join('\n'))
  }
  const fate = process.env.CI === 'true' ? 'fail, as CI is true' : 'be skipped'
  console.log(`No ZooKeeper here: its tests will ${fate}. ${howToInstall}`)
  // The tests, which would tell it when they are run by themselves, need not repeat it.
  process.env.RESUMELB_ZOOKEEPER_TOLD = 'true'
}

/** Whether a ZooKeeper server can be started here. */
export async function isThere() {
  if (!jars.every((jar) => existsSync(jar))) return false
  return (await run({ file: 'java', args: ['-version'] })).code === 0
}

/** What to do where it is missing, in one line. */
export const howToInstall =
  `ZooKeeper needs Java, ${jars.join(' and ')}; ` +
  `on Debian and Ubuntu: apt-get install --no-install-recommends ${debianPackages.join(' ')}`

/** Whether packages can be installed without a question: on Debian and Ubuntu, as root. */
export async function canInstall() {
  if (process.getuid?.() !== 0) return false
  return (await run({ file: 'apt-get', args: ['--version'] })).code === 0
}

/** Installs these packages. */
export async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const args = ['install', '--yes', '--no-install-recommends', ...packages]
  const first = await run({ file: 'apt-get', args }, { env })
  if (first.code === 0) return first
  // A fresh image has no package lists yet.
  await run({ file: 'apt-get', args: ['update'] }, { env })
  return run({ file: 'apt-get', args }, { env })
}
