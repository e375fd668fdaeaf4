/** The public packages as they would be published. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pnpm, readJson, root, run } from './run.mjs'

const parent = join(root, 'packages')

/**
 * Packs every public package into a folder that is gone afterwards, and gives `use` that folder and
 * a list of `{ name, version, bin, tarball }`. Throws an error with pnpm's output if packing fails.
 */
export async function withTarballs(use) {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-packed-'))
  try {
    const args = ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder]
    const { code, output } = await run(pnpm(...args))
    if (code !== 0) throw new Error(output)
    return await use(folder, publicPackages(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function publicPackages(folder) {
  return readdirSync(parent).map((directory) => {
    const { name, version, bin = {} } = readJson(join(parent, directory, 'package.json'))
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
    return { name, version, bin, tarball: join(folder, file) }
  })
}
