/** The command `resumelb`: a load balancer for workers at known addresses. */
import { readCommandLine, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import { listedWorkers } from '../discovery/listed.ts'
import { parseEntry } from '../discovery/worker-entry.ts'
import { certificatesFrom } from './certificates-option.ts'
import { loadBalancerOptions } from './options.ts'
import { commandSettings, type ResumelbLine, resumelbSyntax } from './resumelb-syntax.ts'
import { run } from './run.ts'

/** Runs the command. Resolves with the exit status. */
export async function resumelb(typed: readonly string[]): Promise<number> {
  const line = readCommandLine(typed, resumelbSyntax) as ResumelbLine
  const { values, words, labelOf } = line
  if (words[0] !== undefined && values.requestClassifier === 'regexp') {
    throw new UsageError('Quote the classifier as one word: -r "regexp ATTRIBUTE PATTERN"')
  }
  const log = createLogger(values.logLevel, labelOf('logLevel'))
  const { workersFile, resolver, resolveInterval, resolveHold } = values
  const workers = words.length > 0 ? words : ((values['workers'] ?? []) as readonly string[])
  const label = words.length > 0 ? 'a worker' : labelOf('workers')
  for (const worker of workers) parseEntry(worker, label)
  if (workers.length === 0 && workersFile === undefined)
    throw new UsageError('Expected the address of at least one worker')
  const options = await loadBalancerOptions(line, commandSettings, log)
  const discovery = listedWorkers({
    workers,
    resolveHold,
    log,
    ...(workersFile !== undefined && { workersFile }),
    ...(resolver !== undefined && { resolver }),
    ...(resolveInterval !== undefined && { resolveInterval }),
  })
  const certificates = certificatesFrom(line, log)
  return run({ name: 'resumelb', values, certificates, options, discovery, log })
}
