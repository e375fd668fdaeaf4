/** Runs other programs, and knows where those of this workspace are. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The workspace's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * A command as `{ file, args }`, of a program that is installed in the workspace. Started through
 * node itself, so that it needs neither a shell nor a search path.
 */
export function tool(packageName, ...args) {
  return toolOn(process.execPath, packageName, ...args)
}

/** The same, on another release of Node.js. */
export function toolOn(node, packageName, ...args) {
  const folder = join(root, 'node_modules', packageName)
  const { bin, name } = readJson(join(folder, 'package.json'))
  const path = typeof bin === 'string' ? bin : (bin[name.split('/').pop()] ?? Object.values(bin)[0])
  return { file: node, args: [join(folder, path), ...args] }
}

/** pnpm at exactly the version that package.json pins, fetched by npx if need be. */
export function pnpm(...args) {
  const { packageManager } = readJson(join(root, 'package.json'))
  return { file: 'npx', args: ['--yes', packageManager, ...args] }
}

/**
 * Runs a command to its end. Never rejects: a program that cannot be started has code 127.
 * With `show`, its output goes to the terminal as it comes, otherwise it is in `output`.
 *
 * @returns {Promise<{ code: number, output: string, took: string }>}
 */
export function run({ file, args }, { cwd = root, env = {}, show = false } = {}) {
  const start = performance.now()
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...environment(), ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      // npx and npm are .cmd files there, which only a shell can start.
      shell: process.platform === 'win32' && !file.includes('\\'),
    })
    const parts = []
    child.stdout?.on('data', (part) => parts.push(part))
    child.stderr?.on('data', (part) => parts.push(part))
    const end = (code, more = '') => {
      done({ code, output: `${Buffer.concat(parts)}${more}`.trimEnd(), took: since(start) })
    }
    child.once('error', (error) => end(127, `${file}: ${error.message}\n`))
    child.once('close', (code, signal) => end(code ?? 1, signal ? `ended by ${signal}\n` : ''))
  })
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Seconds since `start` (of `performance.now()`), for people. */
function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}

/** The environment without what the npm that started us says of its own run. */
function environment() {
  const ours = { ...process.env }
  for (const name of Object.keys(ours)) {
    if (/^npm_(package|lifecycle)_|^npm_config_(local_prefix|prefix|global_prefix)$/i.test(name)) {
      delete ours[name]
    }
  }
  return ours
}
