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
import { logMembers, takeInheritance } from './restart/inheritance.ts'
import { commandSettings, type ResumelbLine, resumelbSyntax } from './resumelb-syntax.ts'
import { run } from './run.ts'

function readLine(typed: readonly string[]): ResumelbLine {
  return readCommandLine(typed, resumelbSyntax) as ResumelbLine
}

/** The entries of the list of workers. */
function workersOf({ values, words, labelOf }: ResumelbLine): readonly string[] {
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
  return workers
}

/** Runs the command. Resolves with the exit status. */
export async function resumelb(typed: readonly string[]): Promise<number> {
  const first = readLine(typed)
  const { values, labelOf } = first
  const inheritance = takeInheritance(process.env, process.pid)
  const members = logMembers(inheritance)
  const log = createLogger(values.logLevel, labelOf('logLevel'), process.env, members)
  const planOf = async (line: ResumelbLine): Promise<Plan> => {
    const workers = workersOf(line)
    return { ...(await planFrom(line, commandSettings, log)), workers }
  }
  const read = async () => planOf(readLine(typed))
  const plan = await planOf(first)
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
    apply: ({ workers }) => {
      // The workers file was good when it was read to be checked.
      const onError = ({ message: reason }: Error) =>
        log.error({ reason }, 'cannot reload the workers')
      discovery.setWorkers(workers).catch(onError)
    },
    settingsOf: (_next, changed) => changedSettings(balancer.settings, changed),
  })
  return run({ name: 'resumelb', plan, read, own, discovery, inheritance, log })
}
