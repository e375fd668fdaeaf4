/** The options of `npm run compare`. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@resumelb/common/cli'
import {
  type Benchmark,
  type OptionTable,
  readOptions,
  refuse,
  type Values,
} from '../command-line.ts'
import { defaultModelWorkload } from './models/workload.ts'
import { defaultWorkload } from './workload.ts'

/** From where the command runs, so that the help shows no path of this machine. */
const results = relative('', fileURLToPath(new URL('../results', import.meta.url)))

/** The defaults of both workloads. */
function defaults(name: 'users' | 'tenants' | 'zipf'): { readonly defaultDescription: string } {
  return { defaultDescription: `${defaultWorkload[name]}; models ${defaultModelWorkload[name]}` }
}

export const command = {
  name: 'compare',
  call: 'npm run compare --',
  description: 'Measures resumelb beside HAProxy and nginx: a table and a chart.',
  options: {
    only: {
      type: 'string',
      array: true,
      default: [''],
      describe: 'Only those whose name contains this',
      defaultDescription: 'all',
    },
    seconds: {
      type: 'number',
      least: 0.1,
      describe: 'Length of each measurement',
      defaultDescription: '2, isolation 4, models 8; with --full 10, models 20',
    },
    users: { type: 'number', least: 1, describe: 'Users of the closed loop', ...defaults('users') },
    tenants: { type: 'number', least: 1, describe: 'Tenants in all', ...defaults('tenants') },
    cached: {
      type: 'number',
      least: 1,
      describe: 'Tenants that a worker caches',
      default: defaultWorkload.cached,
    },
    'warm-ms': {
      type: 'number',
      least: 0.1,
      describe: "Milliseconds of a page when the tenant's state is there, on average",
      default: defaultWorkload.warmMs,
    },
    'load-ms': {
      type: 'number',
      least: 0,
      describe: "Milliseconds more to read a tenant's state",
      default: defaultWorkload.loadMs,
    },
    zipf: {
      type: 'number',
      least: 0,
      describe: 'How uneven the popularity of tenants is',
      ...defaults('zipf'),
    },
    seeds: {
      type: 'number',
      least: 1,
      describe: "Sets of tenants' names, or rounds",
      defaultDescription: '1; with --full or --isolation 3',
    },
    'warm-up': {
      type: 'number',
      least: 0,
      describe: 'Seconds of load before the first measurement, while the caches fill',
      defaultDescription: '4.5, or as --seconds if that is more',
    },
    full: { type: 'boolean', default: false, describe: 'Longer, every phase for everyone' },
    out: { type: 'string', default: results, describe: 'Folder for what comes out' },
    'restart-loads': {
      type: 'number',
      array: true,
      describe:
        "Loads of the restarts: parts of what 'resumelb cost' can serve; " +
        "without it 'resumelb warm', or all hits",
      // Others can carry this too: most of what is asked of a restarted worker is cold.
      default: [0.25],
    },
    'restarts-only': { type: 'boolean', default: false, describe: 'Measures only the restarts' },
    isolation: {
      type: 'boolean',
      describe: 'Measures only one tenant beside another, in three rounds of all load balancers',
    },
    models: { type: 'boolean', describe: 'Measures with servers of language models instead' },
    list: { type: 'boolean', describe: 'Show the names of all contestants, and end' },
  },
} as const satisfies Benchmark<OptionTable>

/** What only the comparison of affinity has. */
const ofAffinity = [
  'cached',
  'warm-ms',
  'load-ms',
  'warm-up',
  'restart-loads',
  'restarts-only',
] as const

/** Reads the command line. A mistake ends the process. */
export function compareOptions() {
  return readOptions(command, checkCombination)
}

function checkCombination(given: Partial<Values<typeof command.options>>): void {
  const { isolation, models, list, restartLoads = [] } = given
  if (isolation && models) throw new UsageError('Expected --isolation or --models, not both')
  if (!restartLoads.every((load) => load > 0 && load < 1)) {
    throw new UsageError('Expected --restart-loads between 0 and 1, such as 0.25 0.6')
  }
  if (list) {
    const others = ['seconds', 'users', 'tenants', 'zipf', 'seeds', 'full', 'out', ...ofAffinity]
    refuse(given, others, '--list measures nothing')
  }
  if (isolation) {
    const others = ['users', 'tenants', 'zipf', ...ofAffinity]
    refuse(given, others, '--isolation is about two tenants, one of which has 200 requests open')
  }
  if (models) refuse(given, ofAffinity, '--models has no such setting')
}
