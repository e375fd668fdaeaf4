/** Programs of the system that tests need: those of scripts/lib/tools.json. */
import { execFile, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import tools from '../../scripts/lib/tools.json' with { type: 'json' }

export type ToolName = keyof typeof tools

const available: Map<ToolName, boolean> = new Map()

/**
 * Whether a program can be started here. If not, one line of the whole run says what to install;
 * with `CI=true` a missing program is an error, never a skip.
 *
 * Use: `describe.skipIf(!toolAvailable('curl'))('...', ...)`.
 */
export function toolAvailable(name: ToolName): boolean {
  const isThere = available.get(name) ?? find(name)
  available.set(name, isThere)
  if (isThere) return true
  const { title, packages } = tools[name]
  const hint = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const reason = `no ${title} on this machine; to run its tests: ${hint}`
  if (process.env['CI'] === 'true') throw new Error(reason)
  if (isFirst(name)) process.stderr.write(`SKIPPED: ${reason}\n`)
  return false
}

/** `test` where all of these programs are; see {@link toolAvailable}. */
export function testWith(...names: ToolName[]): typeof test.skip {
  return names.every((name) => toolAvailable(name)) ? test : test.skip
}

/**
 * Whether this machine has the IPv6 loopback address. Containers may have none, which nothing can
 * be done about, so that even with `CI=true` tests of it are skipped.
 */
export function ipv6Available(): boolean {
  const infos = Object.values(networkInterfaces()).flat()
  const isThere = infos.some((info) => info?.address === '::1')
  if (!isThere && isFirst('ipv6')) {
    process.stderr.write('SKIPPED: this machine has no IPv6 loopback address\n')
  }
  return isThere
}

/**
 * Runs a program to its end. Resolves with its output; rejects with all that it printed if it
 * fails.
 */
export function runTool(name: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(name, args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${name} failed: ${stdout}${stderr}`))
    })
    // A program that reads nothing may have ended.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** Files that a program consists of, apart from the command. */
export function filesOfTool(name: ToolName): readonly string[] {
  return tools[name].files
}

function find(name: ToolName): boolean {
  const { files, command } = tools[name]
  const [file = '', ...args] = command
  return files.every((path) => existsSync(path)) && spawnSync(file, args).status === 0
}

/** Test files run in processes of their own, which have nothing in common but their parent. */
function isFirst(name: string): boolean {
  // `npm test` has printed it, for all its parts.
  if (process.env['RESUMELB_MISSING_TOOLS']?.split(',').includes(name)) return false
  try {
    closeSync(openSync(join(tmpdir(), `resumelb-missing-${name}-${process.ppid}`), 'wx'))
    return true
  } catch {
    // Another one has printed it; or nothing can be written, and then there is no line.
    return false
  }
}
