/**
 * Installs the packed public packages with npm into an empty folder, and tries there what a user
 * would: importing every package, every command's --help and --version, every link of a README, the
 * page, and a strict TypeScript program.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withTarballs } from './lib/pack.mjs'
import { root, run, tool } from './lib/run.mjs'

/** Calls `report` with a title and `{ code, output }` for each thing tried. */
export async function tryPackages(report) {
  await withTarballs(async (folder, packages) => {
    const cwd = join(folder, 'app')
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'package.json'), '{ "private": true, "type": "module" }\n')
    const tarballs = packages.map(({ tarball }) => tarball)
    const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', ...tarballs]
    const installed = await run({ file: 'npm', args }, { cwd })
    report('packed: npm installs it into an empty folder', installed)
    if (installed.code !== 0) return
    report('packed: a strict TypeScript program compiles', await tryTypes(cwd))
    report('packed: the page of the admin server', await tryPage(cwd))
    for (const { name, version, bin } of packages) {
      const installedAt = join(cwd, 'node_modules', name)
      report(`packed: links of the README of ${name}`, tryLinks(installedAt))
      report(`packed: import ${name}`, await tryImport(name, cwd))
      for (const command of Object.keys(bin)) {
        report(`packed: ${command} --help`, await tryHelp(command, cwd))
        report(`packed: ${command} --version`, await tryVersion(command, version, cwd))
      }
    }
  })
}

function tryImport(name, cwd) {
  const code = `if (Object.keys(await import('${name}')).length === 0) throw 'exports nothing'`
  return run({ file: process.execPath, args: ['--input-type=module', '--eval', code] }, { cwd })
}

/** With the types of the dependencies checked too, as the strictest of users have it. */
function tryTypes(cwd) {
  copyFileSync(join(root, 'scripts/lib/typed-program.txt'), join(cwd, 'program.ts'))
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  }
  const config = { compilerOptions, files: ['program.ts'] }
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(config))
  return run(tool('typescript', '--project', join(cwd, 'tsconfig.json')), { cwd })
}

/** The page is bundled by the build, not by the compiler. */
function tryPage(cwd) {
  const code = `
    import { AdminServer, LoadBalancer } from '@resumelb/lb'
    const admin = new AdminServer(new LoadBalancer(), { address: '127.0.0.1:0' })
    await admin.start()
    for (const path of ['', 'page.js', 'page.css', 'icon.svg']) {
      const { status } = await fetch('http://' + admin.address + '/' + path, { headers: { accept: 'text/html' } })
      if (status !== 200) throw new Error('/' + path + ' is answered ' + status)
    }
    process.exit()`
  return run({ file: process.execPath, args: ['--input-type=module', '--eval', code] }, { cwd })
}

async function tryHelp(command, cwd) {
  const helped = await run({ file: 'npx', args: ['--no-install', command, '--help'] }, { cwd })
  if (helped.code === 0 && !helped.output.includes('--help')) {
    return { code: 1, output: `it printed no help:\n${helped.output}` }
  }
  return helped
}

async function tryVersion(command, version, cwd) {
  const told = await run({ file: 'npx', args: ['--no-install', command, '--version'] }, { cwd })
  if (told.code !== 0 || told.output.trim() === version) return told
  return { code: 1, output: `expected ${version}, got ${told.output}` }
}

/** What a README links to without naming a host must be in its package. */
function tryLinks(folder) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link)
  const missing = links.filter((link) => !existsSync(join(folder, link)))
  return { code: missing.length, output: `not in the package: ${missing.join(', ')}` }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await tryPackages((title, { code, output }) => {
    console.log(code === 0 ? `${title}: fine` : `${title}:\n${output}`)
    if (code !== 0) process.exitCode = 1
  })
}
