/** The command `resumelb`: a load balancer for workers at known addresses. */
import { readCommandLine, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import { fixedWorkers } from '../discovery/fixed.ts'
import { parseWorker } from '../workers/worker-spec.ts'
import { certificatesFrom } from './certificates-option.ts'
import { loadBalancerOptions } from './options.ts'
import { commandSettings, resumelbSyntax } from './resumelb-syntax.ts'
import { run } from './run.ts'
import type { SharedLine } from './syntax.ts'

/** Runs the command. Resolves with the exit status. */
export async function resumelb(typed: readonly string[]): Promise<number> {
  const line = readCommandLine(typed, resumelbSyntax) as SharedLine
  const { values, words, labelOf } = line
  if (words[0] !== undefined && values.requestClassifier === 'regexp') {
    throw new UsageError('Quote the classifier as one word: -r "regexp ATTRIBUTE PATTERN"')
  }
  const log = createLogger(values.logLevel, labelOf('logLevel'))
  const workers = words.length > 0 ? words : ((values['workers'] ?? []) as readonly string[])
  const label = words.length > 0 ? 'a worker' : labelOf('workers')
  for (const worker of workers) parseWorker(worker, label)
  if (workers.length === 0) throw new UsageError('Expected the address of at least one worker')
  const options = await loadBalancerOptions(line, commandSettings, log)
  const discovery = fixedWorkers(workers)
  const certificates = certificatesFrom(line, log)
  return run({ name: 'resumelb', values, certificates, options, discovery, log })
}
