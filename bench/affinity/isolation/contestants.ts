/** Who is measured with one tenant beside another. */
import type { Contestant } from '../contestants/contestant.ts'
import { contestants } from '../contestants/contestants.ts'
import { haproxyWithPriority } from '../contestants/haproxy.ts'

/** The tenant whose waiting is measured, and the one that has many requests. */
export const tenant = 'tenant.isolation.test'
export const neighbour = 'neighbour.isolation.test'

const plain = ['resumelb cost', 'haproxy leastconn', 'nginx least_conn']

/** HAProxy can prefer a tenant that is named in its configuration to all others. */
const preferring = haproxyWithPriority(tenant)

export const isolationContestants: readonly Contestant[] = [
  ...contestants.filter(({ name }) => plain.includes(name)),
  preferring,
]

/** Those that are measured with all the rest: resumelb, and the best of the others. */
export const exemplaryIsolation: readonly Contestant[] = isolationContestants.filter(
  (contestant) => contestant.product === 'resumelb' || contestant === preferring,
)
