/** HAProxy, set up for the same workers as well as its manual allows. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { host } from '../processes/network.ts'
import type { Contestant, Setting } from './contestant.ts'

const hash = ['balance hdr(host)', 'hash-type consistent sdbm avalanche']

export const haproxyContestants: readonly Contestant[] = [
  haproxy('roundrobin', 'queues in HAProxy', { lines: ['balance roundrobin'], queues: true }),
  haproxy('leastconn', 'queues in HAProxy', { lines: ['balance leastconn'], queues: true }),
  haproxy('hash', 'consistent hash of Host, queues in HAProxy', { lines: hash, queues: true }),
  bounded(125),
  bounded(150),
  bounded(200),
]

/** Prefers one tenant wherever requests wait, which HAProxy does only for what it is told by name. */
export function haproxyWithPriority(tenant: string): Contestant {
  const first = `http-request set-priority-class int(-1) if { req.hdr(host) -i ${tenant} }`
  const note = 'queues in HAProxy, set-priority-class by hand for the tenant that is measured'
  return haproxy('leastconn priority', note, { lines: ['balance leastconn', first], queues: true })
}

/** The load of a server is bounded by what is in progress there, which a `maxconn` would cap. */
function bounded(factor: number): Contestant {
  const lines = [...hash, `hash-balance-factor ${factor}`]
  const note = `consistent hash of Host, hash-balance-factor ${factor}, queues in the workers`
  return haproxy(`hash ${factor}`, note, { lines, queues: false, isExemplary: factor === 200 })
}

interface Balancing {
  readonly lines: readonly string[]
  /** Whether HAProxy keeps what a worker cannot serve at once (`maxconn`), or the worker does. */
  readonly queues: boolean
  readonly isExemplary?: boolean
}

export function haproxy(name: string, note: string, balancing: Balancing): Contestant {
  return {
    name: `haproxy ${name}`,
    product: 'haproxy',
    note,
    isExemplary: balancing.isExemplary ?? false,
    async balancer(setting) {
      const file = join(setting.folder, `haproxy-${setting.port}.cfg`)
      await writeFile(file, configuration(setting, balancing))
      return { name: `haproxy ${name}`, file: 'haproxy', args: ['-db', '-f', file] }
    },
  }
}

/**
 * - `http-reuse always` with big pools: connections to the workers stay open, as resumelb's do;
 * - `weight 100`: 1600 points a server on the ring of the hash, so that shares are even;
 * - `option redispatch 1`, `retry-on`: what meets a worker that goes is tried on another at once;
 * - `abortonclose`: no work is done for clients that have left;
 * - health checks each 200 ms see a worker's notice before it closes.
 */
function configuration({ port, workerPorts, concurrency }: Setting, balancing: Balancing): string {
  const limit = balancing.queues ? `maxconn ${concurrency}` : ''
  const servers = workerPorts.map((worker, i) => `server w${i} ${host}:${worker}`)
  return `global
  maxconn 4000
  no strict-limits
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout queue 30s
  http-reuse always
  retries 3
  option redispatch 1
  option abortonclose
  retry-on conn-failure empty-response 503
frontend clients
  bind ${host}:${port} backlog 4096
  default_backend workers
backend workers
  ${balancing.lines.join('\n  ')}
  option httpchk GET /health
  default-server weight 100 check inter 200ms fall 1 rise 1 pool-max-conn -1 ${limit}
  ${servers.join('\n  ')}
`
}
