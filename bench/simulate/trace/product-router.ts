/** The pools of the product as routers of traces. */
import { createPool } from '@resumelb/lb'
import { maxChainLength } from '@resumelb/protocol'
import type { Size } from './reporter.ts'
import type { Routed, RouterContext, TracePolicy } from './router.ts'
import type { TraceRow } from './trace.ts'

export interface ProductOptions {
  /** Whether requests bring their size and their chain, instead of only a class. */
  readonly isSized?: boolean
  /** Whether the application says how many blocks were in its cache. */
  readonly isTold?: boolean
}

/** A pool of the product. Sized requests are all of one class, as those for one model are. */
export function productPolicy(
  name: string,
  pool: string,
  { isSized = false, isTold = false }: ProductOptions = {},
): TracePolicy {
  return {
    name,
    create: (context) => {
      const { workers, reporters, balancer, events, random } = context
      const made = createPool<number>(pool, {}, () => random.next())
      for (const [i, { concurrency }] of workers.entries()) {
        const traits = {
          key: `10.0.0.${i}:8000`,
          concurrency,
          version: '',
          state: 'ready',
        } as const
        made.update(i, { traits }, events.now)
        reporters[i]?.listen(balancer, (news) => made.update(i, news, events.now))
      }
      return { route: (row) => route(context, made, row, isSized, isTold) }
    },
  }
}

function route(
  { reporters, balancer, events }: RouterContext,
  pool: ReturnType<typeof createPool<number>>,
  row: TraceRow,
  isSized: boolean,
  isTold: boolean,
): Routed {
  const size = isSized ? sizeOf(row) : undefined
  const requestClass = size === undefined ? row.class : 'model'
  const assignment = pool.assign({ requestClass, ...size }, events.now)
  const worker = assignment?.worker ?? 0
  const reporter = reporters[worker]
  const stay = reporter?.receive(balancer, requestClass, size)
  return {
    worker,
    started: () => stay && reporter?.start(stay),
    first: () => {
      assignment?.answered?.(events.now)
      if (stay !== undefined) reporter?.answer(stay)
    },
    done: (served) => {
      const report = stay && reporter?.finish(stay, served, isTold ? served.hit : undefined)
      assignment?.finish(events.now, { result: 'served', seconds: served.seconds, ...report })
    },
  }
}

function sizeOf({ blocks, in: units }: TraceRow): Size | undefined {
  if (blocks === undefined || units === undefined) return undefined
  // A block may have the number 0, a link may not.
  return { units, chain: blocks.slice(0, maxChainLength).map((block) => block + 1) }
}
