/** The command `resumelb`: a load balancer for workers at known addresses. */
import { parseAddress } from '@resumelb/common'
import { runCommand, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import { fixedWorkers } from '../discovery/fixed.ts'
import {
  loadBalancerOptions,
  type SharedArguments,
  sharedOptions,
  valueLetters,
} from './options.ts'
import { commandParser, leaving } from './parser.ts'
import { run } from './run.ts'

interface Arguments extends SharedArguments {
  readonly workers: readonly string[] | undefined
}

const examples: readonly (readonly [string, string])[] = [
  ['$0 -LINFO -a :8080 127.0.0.1:8000', 'One worker, listen on port 8080 of all interfaces'],
  ['$0 -a 127.0.0.1:0 10.0.0.1:8000 10.0.0.2:8000', 'Two workers, any free port'],
  ["$0 -r 'regexp path ^/t/(?<class>[^/]+)' :8000", 'Tenants by the path: /t/NAME/...'],
  ["$0 -r 'regexp header:x-tenant (?<class>.+)' :8000", 'Tenants by a header'],
  ['$0 -r ./classify.js#byTenant :8000', 'Classes by a function of your own'],
  ['$0 --pool classic -v 4 :8000 :8001', 'The rule of zc.resumelb'],
  ['$0 --config /etc/resumelb.yaml', 'Options from a file; workers: [...] names the workers'],
]

async function readArguments(words: readonly string[]): Promise<Arguments> {
  const parser = commandParser(words, {
    name: 'resumelb',
    usage: [
      '$0 [options] WORKER_ADDRESS...\n',
      'Balances HTTP requests over workers by what each of them is best at.',
    ],
    options: {
      ...sharedOptions(),
      workers: { type: 'string', array: true, hidden: true },
    },
    valueLetters,
    examples,
    epilogue: leaving,
  })
  const parsed = await parser.parseAsync()
  if (parsed['help'] || parsed['version']) process.exit(0)
  const named = parsed._.map(String)
  const workers = named.length > 0 ? named : (parsed['workers'] as string[] | undefined)
  return { ...(parsed as unknown as Arguments), workers }
}

async function main(): Promise<number> {
  const args = await readArguments(process.argv.slice(2))
  const { workers = [] } = args
  if (workers.length === 0) throw new UsageError('Expected the address of at least one worker')
  for (const address of [args.address, ...workers]) parseAddress(address)
  const log = createLogger(args.logLevel)
  return run('resumelb', args, await loadBalancerOptions(args), fixedWorkers(workers), log)
}

await runCommand('resumelb', main)
