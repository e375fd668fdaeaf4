/** Runs a check by itself: `node scripts/check-words.mjs`. */
import { pathToFileURL } from 'node:url'

/**
 * Runs the check if its module, with this `import.meta.url`, is what node was started with. It gets
 * a `record` as that of `npm test`, which prints what it found and sets the exit status.
 */
export function runAlone(url, check) {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return
  check((title, { code, output }) => {
    console.log(code === 0 ? `${title}: clean` : `${title}:\n${output}`)
    if (code !== 0) process.exitCode = 1
  })
}
