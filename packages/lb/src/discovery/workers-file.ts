/** A file that lists workers: one address or name per line, and comments after `#`. */
import { OptionError, readTextFile } from '@resumelb/common'
import { parseEntry } from './worker-entry.ts'

/** Most lines of the file that name a worker. */
const maxWorkers = 10_000

/** Reads the file. Throws an {@link OptionError} that names the first bad line. */
export function readWorkersFile(path: string, label: string): string[] {
  const text = readTextFile(path, label)
  const found: string[] = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const entry = line.replace(/(?:^|\s)#.*$/, '').trim()
    if (entry === '') continue
    parseEntry(entry, `a worker (${path}:${at + 1})`)
    found.push(entry)
  }
  if (found.length <= maxWorkers) return found
  throw new OptionError(label, `a file with at most ${maxWorkers} workers`, path, {
    shown: `${found.length}`,
  })
}
