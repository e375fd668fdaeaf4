/** The options of `npm run simulate`. */
import { availableParallelism } from 'node:os'
import { OptionError } from '@resumelb/common'
import {
  type Benchmark,
  type OptionTable,
  readOptions,
  refuse,
  type Values,
} from '../command-line.ts'
import { checkPolicy } from './policies.ts'
import { scenarios } from './scenarios.ts'
import { tracePolicies } from './trace/trace-policies.ts'

const scenarioOptions = {
  scenario: {
    type: 'string',
    array: true,
    default: [''],
    defaultDescription: 'all',
    describe: 'Only scenarios whose name contains this',
  },
  seeds: {
    type: 'number',
    least: 1,
    describe: 'Runs of each; medians are shown',
    default: 3,
  },
  json: { type: 'string', describe: 'File for all figures' },
  markdown: { type: 'string', describe: 'File for the tables' },
  plot: { type: 'string', describe: 'Folder for SVG charts' },
  runs: {
    type: 'string',
    describe: 'File of JSON lines that gets each run; a run that is in it is not repeated',
  },
  processes: {
    type: 'number',
    least: 1,
    describe: 'Simulations to run at once',
    default: availableParallelism(),
  },
  list: { type: 'boolean', describe: 'Show the names of all scenarios and policies' },
} as const

const traceOptions = {
  kind: {
    type: 'string',
    choices: ['prefill', 'engine', 'slots'] as const,
    describe: 'With --trace: what the workers are',
    default: 'prefill',
  },
  workers: { type: 'number', least: 1, default: 8, describe: 'With --trace: how many there are' },
  balancers: {
    type: 'number',
    array: true,
    least: 1,
    describe: 'With --trace: numbers of load balancers, each of which gets its own table',
    default: [1, 4],
  },
  load: {
    type: 'number',
    array: true,
    least: 0,
    describe: 'With --trace: part of the time that workers need at least; 0: as recorded',
    default: [0.7],
  },
  speeds: {
    type: 'number',
    array: true,
    least: 0.001,
    describe: 'With --trace: relative speeds of the workers, in turn',
    default: [1],
  },
  'tokens-per-second': {
    type: 'number',
    least: 1,
    describe: 'With --trace: tokens of prompts that a worker computes in a second',
    default: 8000,
  },
  capacity: {
    type: 'number',
    least: 0,
    describe: 'With --trace: blocks, or classes, that a worker keeps',
    default: 3000,
  },
  slots: {
    type: 'number',
    least: 1,
    describe: 'With --trace and --kind slots: requests that a worker serves at once',
    default: 1,
  },
  seed: { type: 'number', default: 1, describe: 'With --trace: of all that is random' },
} as const

export const command = {
  name: 'simulate',
  call: 'npm run simulate --',
  description: 'Simulates the pools of resumelb; the same options give the same figures.',
  options: {
    ...scenarioOptions,
    policy: {
      type: 'string',
      array: true,
      describe: 'Only these policies, or pools with settings: cost:price=2,spares=4',
    },
    trace: {
      type: 'string',
      describe:
        'Replay this file of requests instead (docs/model-servers.md); "synthetic": made up',
    },
    ...traceOptions,
  },
} as const satisfies Benchmark<OptionTable>

/** Reads the command line. A mistake ends the process. */
export function simulateOptions() {
  return readOptions(command, checkCombination)
}

function checkCombination(given: Partial<Values<typeof command.options>>): void {
  const { trace, list, kind, policy = [], scenario = [] } = given
  if (trace !== undefined) {
    refuse(given, Object.keys(scenarioOptions), '--trace replays requests')
    if (kind !== 'slots') refuse(given, ['slots'], 'it is about --kind slots')
    const names = tracePolicies.map((known) => known.name)
    for (const name of policy) {
      if (names.includes(name)) continue
      throw new OptionError('--policy', `one of ${names.join(', ')}`, name)
    }
    return
  }
  refuse(given, Object.keys(traceOptions), 'it is about --trace')
  if (list) {
    const { list: _, ...others } = scenarioOptions
    refuse(given, [...Object.keys(others), 'policy'], '--list runs nothing')
  }
  for (const name of policy) checkPolicy(name)
  for (const part of scenario) {
    if (scenarios.some(({ name }) => name.includes(part))) continue
    throw new OptionError('--scenario', 'a part of a name that --list shows', part)
  }
}
