/** The command `resumelb`: a load balancer for workers at known addresses. */
import { readCommandLine, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import { listedWorkers } from '../discovery/listed.ts'
import { parseEntry } from '../discovery/worker-entry.ts'
import { readWorkersFile } from '../discovery/workers-file.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import { changedSettings } from '../pool/settings.ts'
import { type Plan, planFrom } from './plan.ts'
import type { OwnOptions } from './reloader.ts'
import { commandSettings, type ResumelbLine, resumelbSyntax } from './resumelb-syntax.ts'
import { run } from './run.ts'

/** The command line, and the entries of the list of workers. */
function readLine(typed: readonly string[]): { line: ResumelbLine; workers: readonly string[] } {
  const line = readCommandLine(typed, resumelbSyntax) as ResumelbLine
  const { values, words, labelOf } = line
  if (words[0] !== undefined && values.requestClassifier === 'regexp') {
    throw new UsageError('Quote the classifier as one word: -r "regexp ATTRIBUTE PATTERN"')
  }
  const workers = words.length > 0 ? words : (values.workers ?? [])
  const label = words.length > 0 ? 'a worker' : labelOf('workers')
  for (const worker of workers) parseEntry(worker, label)
  const { workersFile } = values
  if (workersFile !== undefined) readWorkersFile(workersFile, labelOf('workersFile'))
  else if (workers.length === 0) {
    throw new UsageError('Expected the address of at least one worker')
  }
  return { line, workers }
}

/** Runs the command. Resolves with the exit status. */
export async function resumelb(typed: readonly string[]): Promise<number> {
  const { values, labelOf } = readCommandLine(typed, resumelbSyntax) as ResumelbLine
  const log = createLogger(values.logLevel, labelOf('logLevel'))
  const read = async (): Promise<Plan> => {
    const { line, workers } = readLine(typed)
    return { ...(await planFrom(line, commandSettings, log)), workers }
  }
  const plan = await read()
  const { workersFile, resolver, resolveInterval, resolveHold } = values
  const discovery = listedWorkers({
    workers: plan.workers,
    resolveHold,
    log,
    ...(workersFile !== undefined && { workersFile }),
    ...(resolver !== undefined && { resolver }),
    ...(resolveInterval !== undefined && { resolveInterval }),
  })
  const own = (balancer: LoadBalancer): OwnOptions => ({
    names: ['workers'],
    apply: ({ workers }) => void discovery.setWorkers(workers),
    settingsOf: (_next, changed) => changedSettings(balancer.settings, changed),
  })
  return run({ name: 'resumelb', plan, read, own, discovery, log })
}
