/**
 * Writes docs/reference.md: all options of all commands and libraries, from the tables that they are
 * checked against. `npm run reference`; a test says when that is due.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type CommandSyntax,
  referenceOf,
  referenceTable,
} from '../packages/common/src/cli/index.ts'
import { resumelbSyntax } from '../packages/lb/src/cli/resumelb-syntax.ts'
import { zkresumelbSyntax } from '../packages/lb/src/cli/zkresumelb-syntax.ts'
import { balancingTable } from '../packages/lb/src/options.ts'
import { connectionTable } from '../packages/protocol/src/options.ts'
import { getResumeSyntax } from '../packages/worker/src/cli/get-worker-resume-syntax.ts'
import { workerSyntax } from '../packages/worker/src/cli/syntax.ts'
import { memoryTable, settingsTable } from '../packages/worker/src/options.ts'
import { sessionTable } from '../packages/zookeeper/src/options.ts'
import { treeSyntax } from '../packages/zookeeper/src/tree/syntax.ts'

export const referenceFile: string = fileURLToPath(new URL('../docs/reference.md', import.meta.url))

const commands: readonly CommandSyntax[] = [
  resumelbSyntax,
  zkresumelbSyntax,
  workerSyntax,
  getResumeSyntax,
  treeSyntax,
]

/** The whole page. */
export function reference(): string {
  const page = [
    '# Reference of all options',
    'Made by `npm run reference` from the tables that the options are checked against; do not edit.',
    'Times on command lines and in files are in seconds, or have a unit: `500ms`, `10s`, `2m`, `1h`, `1d`.\n' +
      'Of an option that is given twice the last one counts; lists add up. `--config` names a file of YAML or\n' +
      'JSON with the long names as keys.',
    ...commands.map(referenceOf),
    '## In programs',
    'All times are in milliseconds here, unless it says otherwise.',
    referenceTable('Options of `LoadBalancer`', balancingTable),
    referenceTable('Options of `Worker`', { ...settingsTable, ...memoryTable }),
    referenceTable('Its `connection`', connectionTable),
    referenceTable('Options of a ZooKeeper session', sessionTable),
  ]
  return `${page.join('\n\n')}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(referenceFile, reference())
}
