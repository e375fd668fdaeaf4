/** Looks at each public package as its users will get it: publint, and attw for its types. */
import { pathToFileURL } from 'node:url'
import { withTarballs } from './lib/pack.mjs'
import { run, tool } from './lib/run.mjs'

/** Calls `report` with a title and `{ code, output }` for each package and linter. */
export async function lintPackages(report) {
  await withTarballs(async (_folder, packages) => {
    for (const { name, tarball } of packages) {
      const types = tool('@arethetypeswrong/cli', tarball, '--profile', 'esm-only')
      report(`publint ${name}`, await run(tool('publint', '--strict', tarball)))
      report(`attw ${name}`, await run(types))
    }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await lintPackages((title, { code, output }) => {
    console.log(code === 0 ? `${title}: clean` : `${title}:\n${output}`)
    if (code !== 0) process.exitCode = 1
  })
}
