/** Programs of the system that some tests need; scripts/tools.mjs installs them. */
import { execFile, spawnSync } from 'node:child_process'
import { test } from 'vitest'

/** `test` where all of these programs are; otherwise the test is skipped, but fails in CI. */
export function testWith(...names: string[]): typeof test.skip {
  const isHere = (name: string) => spawnSync(name, ['--version']).error === undefined
  return process.env['CI'] === 'true' || names.every(isHere) ? test : test.skip
}

/** Runs a program to its end. Resolves with what it prints; rejects, with what it says, if it fails. */
export function runTool(name: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(name, args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${name} failed: ${stdout}${stderr}`))
    })
    child.stdin?.end(input)
  })
}
