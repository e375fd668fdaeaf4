/** Who is measured before model engines. */
import type { Contestant } from '../contestants/contestant.ts'
import { haproxy } from '../contestants/haproxy.ts'
import { nginx } from '../contestants/nginx.ts'
import { resumelb } from '../contestants/resumelb.ts'

/** The others have no key to hash but one that the clients send for them. */
const byConversation = ['balance hdr(x-conversation)', 'hash-type consistent sdbm avalanche']

/** As two commands of docs/model-servers.md; the others as their manuals advise. */
export const modelContestants: readonly Contestant[] = [
  {
    ...resumelb('cost', '-r openai, a worker with --upstream before each engine', ['-r', 'openai']),
    name: 'resumelb',
  },
  toEngines('random', 'balance random(1)', ['balance random(1)']),
  toEngines('leastconn', 'balance leastconn', ['balance leastconn']),
  toEngines(
    'hash',
    'consistent hash of a header that names the conversation, which clients send',
    byConversation,
  ),
  toEngines('hash 150', 'the same with hash-balance-factor 150', [
    ...byConversation,
    'hash-balance-factor 150',
  ]),
  nginx('least_conn', 'least_conn', 'least_conn'),
  nginx('random two', 'random two least_conn', 'random two least_conn'),
]

/** Without delays: otherwise HAProxy holds the first tokens of a stream back to fill a segment. */
function toEngines(name: string, note: string, lines: readonly string[]): Contestant {
  const balancing = { lines: [...lines, 'option http-no-delay'], queues: false }
  return haproxy(name, `${note}, http-no-delay`, balancing)
}
