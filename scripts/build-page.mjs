/**
 * Bundles the page of the admin server, with the libraries that it uses, into the package of the load
 * balancer: packages/lb/dist/page.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './lib/run.mjs'

const source = join(root, 'packages/lb/src/admin/page')
const target = join(root, 'packages/lb/dist/page')

/** Writes the page. Throws an error with the reason if it cannot be bundled. */
export async function buildPage() {
  // Not there before the installation, of which this module is a part.
  const { build, stop } = await import('esbuild')
  mkdirSync(target, { recursive: true })
  const { metafile } = await build({
    entryPoints: [
      { in: join(source, 'main.tsx'), out: 'page' },
      { in: join(source, 'page.css'), out: 'page' },
    ],
    outdir: target,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    absWorkingDir: root,
    logLevel: 'silent',
  })
  // Its process would stay as long as ours.
  await stop()
  for (const file of ['index.html', 'icon.svg'])
    copyFileSync(join(source, file), join(target, file))
  writeFileSync(join(target, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)))
}

/** What the licences of the bundled libraries want to be told with every copy. */
function licences(inputs) {
  const folders = inputs.map((input) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0])
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .map((folder) => {
      const { name, version } = JSON.parse(
        readFileSync(resolve(root, folder, 'package.json'), 'utf8'),
      )
      return `${name} ${version}\n\n${readFileSync(resolve(root, folder, 'LICENSE'), 'utf8').trim()}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await buildPage()
