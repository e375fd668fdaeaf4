/** The metrics of each worker. Pure. */
import type { WorkerSnapshot } from '../workers/worker.ts'
import { counter, type Family, gauge, type Sample } from './metric-family.ts'
import type { MetricsOptions } from './metrics.ts'
import { oldestRequests } from './oldest-requests.ts'

const states = [
  'connecting',
  'waiting',
  'warming',
  'ready',
  'unready',
  'unresponsive',
  'draining',
] as const

export function workerFamilies(options: MetricsOptions): Family[] {
  return [...stateFamilies(options), ...loadFamilies(options), ...countFamilies(options)]
}

function stateFamilies({ source, reader, clock }: MetricsOptions): Family[] {
  const { workers } = source
  const now = clock.now()
  return [
    gauge(
      'resumelb_worker_state',
      '1 for the state that the worker is in',
      workers.flatMap(({ address: worker, state }) =>
        states.map((name) => ({
          value: Number(name === state),
          labels: { worker, state: name },
        })),
      ),
    ),
    gauge(
      'resumelb_worker_held',
      'Whether the operator keeps new requests from the worker',
      each(workers, ({ isHeld }) => Number(isHeld)),
    ),
    gauge(
      'resumelb_worker_ejected',
      'Whether the worker is ejected',
      each(workers, ({ address }) =>
        Number((reader.tallies.workers.get(address)?.ejectedUntil ?? 0) > now),
      ),
    ),
  ]
}

function loadFamilies({ source, clock }: MetricsOptions): Family[] {
  const { workers } = source
  const oldest = oldestRequests(source.requests)
  const now = clock.now()
  return [
    gauge(
      'resumelb_worker_backlog',
      'Requests in progress there that this load balancer has sent',
      each(workers, ({ backlog }) => backlog),
      'sum',
    ),
    gauge(
      'resumelb_worker_backlog_reported',
      'Requests of all load balancers there, as the worker last reported',
      each(workers, ({ load }) => load?.requests),
    ),
    gauge(
      'resumelb_worker_concurrency',
      'Requests that the worker handles at once; 4, as pools assume, if it has no limit',
      each(workers, ({ load }) => load?.concurrency),
    ),
    gauge(
      'resumelb_worker_event_loop_delay_seconds',
      'How late the event loop of the worker is, as it last reported',
      each(workers, ({ load }) => (load === undefined ? undefined : load.eventLoopDelay / 1000)),
    ),
    gauge(
      'resumelb_worker_oldest_request_seconds',
      'Age of the oldest request in progress there; 0 if there is none',
      each(workers, ({ address }) => {
        const at = oldest.get(address)
        return at === undefined ? 0 : (now - at) / 1000
      }),
    ),
    gauge(
      'resumelb_worker_unsent_bytes',
      'Bytes that wait to be sent to the worker',
      each(workers, ({ unsentLength }) => unsentLength),
      'sum',
    ),
  ]
}

/** A value for each worker that has one. */
function each(
  workers: readonly WorkerSnapshot[],
  read: (worker: WorkerSnapshot) => number | undefined,
): Sample[] {
  return workers.flatMap((worker): Sample[] => {
    const value = read(worker)
    return value === undefined ? [] : [{ value, labels: { worker: worker.address } }]
  })
}

function countFamilies({ reader }: MetricsOptions): Family[] {
  const tallied = (name: 'connects' | 'disconnects' | 'ejections' | 'retries' | 'seconds') =>
    [...reader.tallies.workers].flatMap(([worker, tally]): Sample[] =>
      worker === '' ? [] : [{ value: tally[name], labels: { worker } }],
    )
  return [
    counter(
      'resumelb_worker_request_seconds_total',
      'Sum of the durations of the requests that have ended there',
      tallied('seconds'),
    ),
    counter('resumelb_worker_connects_total', 'Connections to the worker', tallied('connects')),
    counter('resumelb_worker_disconnects_total', 'Connections lost', tallied('disconnects')),
    counter('resumelb_worker_ejections_total', 'Ejections', tallied('ejections')),
    counter(
      'resumelb_worker_retries_total',
      'Requests that the worker lost or refused and another one got',
      tallied('retries'),
    ),
  ]
}
