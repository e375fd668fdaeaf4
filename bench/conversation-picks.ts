/** Picks for conversations whose chains grow, for bench/pick.ts. */
import { type Assignment, createPool, type Outcome, type PickArgs } from '@resumelb/lb'
import type { Skill } from '@resumelb/protocol'
import type { Picks } from './pick.ts'

/** Conversations at the same time, links of the longest, those that all have, and a turn adds. */
const conversations = 1000
const longest = 100
const shared = 4
const added = 2

/** Units of a link, and what requests take: mostly 2 s. */
const unitsOfLink = 512
const skill: Skill = { score: 0.5, seconds: 2, count: 50, rate: 1, fixed: 0.02, perUnit: 1e-4 }

/** Picks of requests of conversations, whose chains are prepared. */
export function conversationPicks(workers: number, random: () => number): Picks {
  const pool = createPool<number>('cost', {}, random)
  for (let worker = 0; worker < workers; worker++) {
    const key = `10.0.0.1:${worker}`
    const traits = { key, concurrency: 1, version: '', state: 'ready' } as const
    pool.update(worker, { traits, resume: new Map([['model', skill]]) }, 0)
  }
  // As spread as the hashes of real chains are, and practically never the same.
  const nextLink = () =>
    1 + Math.floor(random() * 2 ** 16) * 2 ** 32 + Math.floor(random() * (2 ** 32 - 1))
  const links = (count: number) => Array.from({ length: count }, nextLink)
  const common = links(shared)
  const begin = () => [...common, ...links(longest * 0.8 - shared)]
  const chains = Array.from({ length: conversations }, begin)
  const inProgress: (Assignment<number> | undefined)[] = []
  const places = 2 * workers
  const outcome: Outcome = { result: 'served', seconds: skill.seconds, skill }
  let now = 1
  let turn = 0
  const nextPick = (): PickArgs => {
    const which = Math.floor(random() * conversations)
    const before = chains[which] ?? []
    const chain = [...(before.length < longest ? before : begin()), ...links(added)]
    chains[which] = chain
    return { requestClass: 'model', chain, units: chain.length * unitsOfLink }
  }
  let prepared: PickArgs[] = []
  const prepare = (picks: number) => {
    prepared = Array.from({ length: picks }, nextPick).reverse()
  }
  const pick = () => {
    const args = prepared.pop() as PickArgs
    now += skill.seconds / (workers * 0.6)
    const place = turn++ % places
    inProgress[place]?.finish(now, outcome)
    inProgress[place] = pool.assign(args, now)
  }
  return { prepare, pick }
}
