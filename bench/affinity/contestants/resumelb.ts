/** resumelb with each of its pools. */
import { fileURLToPath } from 'node:url'
import { host } from '../processes/network.ts'
import type { Contestant } from './contestant.ts'

const bin = fileURLToPath(new URL('../../../packages/lb/bin/resumelb.js', import.meta.url))

export const resumelbContestants: readonly Contestant[] = [
  resumelb('cost', 'the default'),
  {
    ...resumelb('cost', 'the default, with --warm-up replay at the workers'),
    name: 'resumelb warm',
    warmsUp: true,
  },
  resumelb('classic', "zc.resumelb's rule, as its command sets it (variance 4)"),
  resumelb('classless', 'fewest requests in progress'),
]

/** With the pool, and more options of the command. */
export function resumelb(pool: string, note: string, more: readonly string[] = []): Contestant {
  return {
    name: `resumelb ${pool}`,
    product: 'resumelb',
    note,
    isExemplary: pool === 'cost',
    async balancer({ port, workerPorts }) {
      const options = ['--pool', pool, ...more, '--access-log', '', '--log-level', 'WARN']
      const workers = workerPorts.map((workerPort) => `${host}:${workerPort}`)
      return {
        name: `resumelb ${pool}`,
        file: process.execPath,
        args: [bin, '--address', `${host}:${port}`, ...options, ...workers],
      }
    },
  }
}
