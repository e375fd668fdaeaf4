/**
 * Makes a fresh clone ready: installs the dependencies and builds. What is up to date is left as it
 * is. Needs Node.js and npm, nothing else.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildPage } from './build-page.mjs'
import { pnpm, readJson, root, run, tool } from './lib/run.mjs'

/** Holds the fingerprint of what was installed last. */
const stamp = join(root, 'node_modules', '.resumelb-setup')

/** Throws an error, whose message is for the terminal, if this Node.js is too old. */
export function checkNode() {
  const { engines } = readJson(join(root, 'package.json'))
  const [, major, minor] = /(\d+)\.(\d+)/.exec(engines.node).map(Number)
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number)
  if (ourMajor < major || (ourMajor === major && ourMinor < minor)) {
    throw new Error(`resumelb needs Node.js ${engines.node}; this is ${process.version}`)
  }
}

/** Installs exactly what the lockfile says. Throws an error with the reason. */
export async function install() {
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('Installing the dependencies (only this once, it takes some seconds) ...')
  // CI: pnpm asks nothing, but replaces a node_modules that another package manager made.
  const command = pnpm('install', '--frozen-lockfile')
  const { code, output, took } = await run(command, { env: { CI: 'true' } })
  if (code !== 0) {
    throw new Error(`${output}\n\nThe dependencies could not be installed, see above.`)
  }
  writeFileSync(stamp, wanted)
  console.log(`Installed in ${took}.`)
}

/** Compiles what has changed, and bundles the page. Throws an error with the compiler's output. */
export async function build() {
  const { code, output, took } = await run(tool('typescript', '--build'))
  if (code !== 0) throw new Error(`${output}\n\nThe build failed, see above.`)
  await buildPage()
  console.log(`Built in ${took}.`)
}

/** Everything that an installation depends on. */
function fingerprint() {
  const hash = createHash('sha256')
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function manifests() {
  const folders = ['packages', 'examples'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .sort()
      .map((name) => join(parent, name)),
  )
  return ['.', ...folders, 'test', 'bench']
    .map((folder) => join(folder, 'package.json'))
    .filter((file) => existsSync(join(root, file)))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    checkNode()
    await install()
    await build()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
