/** Other releases of Node.js than the one that runs, to test on. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run } from './run.mjs'

/** The release of each major version that tests run on; the `node` package of npm brings it. */
const releases = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' }

/** The major versions that `nodeRelease` knows. */
const knownMajors = Object.keys(releases)

/**
 * The path of that major version's binary, installed if it is not there yet. Throws an error, whose
 * message is for the terminal, for an unknown version or if npm cannot install it.
 */
export async function nodeRelease(major) {
  const version = releases[major]
  if (version === undefined) {
    throw new Error(`--node knows ${knownMajors.join(', ')}; not "${major}"`)
  }
  if (process.versions.node === version) return process.execPath
  const folder = join(root, 'node_modules', '.resumelb-node', version)
  const binary = join(folder, 'node_modules', 'node', 'bin', binaryName)
  if (!existsSync(binary)) await install(version, folder)
  return binary
}

const binaryName = process.platform === 'win32' ? 'node.exe' : 'node'

/** The environment for programs that are to find this binary as `node`. */
export function environmentFor(binary) {
  return { PATH: `${dirname(binary)}:${process.env.PATH ?? ''}` }
}

async function install(version, folder) {
  console.log(`Installing Node.js ${version} to test on ...`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', `node@${version}`]
  const { code, output } = await run({ file: 'npm', args }, { cwd: folder })
  if (code !== 0) throw new Error(`${output}\n\nNode.js ${version} could not be installed.`)
}
