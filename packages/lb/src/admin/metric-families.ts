/** Makes the families of metrics of what was counted. Pure. */

import { software } from '../version.ts'
import {
  counter,
  type Family,
  gauge,
  histogram,
  one,
  type Sample,
  samples,
} from './metric-family.ts'
import type { MetricsOptions } from './metrics.ts'
import type { UnitCounts } from './unit-counts.ts'
import { workerFamilies } from './worker-metrics.ts'

/** Whose units a sample counts. */
interface SizeSource {
  readonly labels: Sample['labels']
  readonly sizes: UnitCounts
}

/** All families. */
export function familiesOf(options: MetricsOptions): Family[] {
  return [
    ...requestFamilies(options),
    ...choiceFamilies(options),
    ...sizeFamilies(options),
    ...balancerFamilies(options),
    ...workerFamilies(options),
    ...classFamilies(options),
  ]
}

function requestFamilies({ reader }: MetricsOptions): Family[] {
  const { tallies } = reader
  const codes = [...tallies.workers].flatMap(([worker, { codes: byCode }]) =>
    [...byCode].map(([code, value]) => ({ value, labels: { worker, code } })),
  )
  return [
    counter(
      'resumelb_requests_total',
      'Requests that have ended, by the worker that had them last (empty: none) and by status',
      codes,
    ),
    counter('resumelb_request_outcomes_total', 'Requests that have ended, by outcome', [
      ...Object.entries(tallies.outcomes).map(([outcome, value]) => ({
        value,
        labels: { outcome },
      })),
    ]),
    counter(
      'resumelb_request_failures_total',
      'Requests that were not served, by reason',
      samples(tallies.failures, 'reason'),
    ),
    counter(
      'resumelb_inputs_refused_total',
      'What clients sent and was refused before it was a request, by reason',
      samples(tallies.refusedInputs, 'reason'),
    ),
    counter(
      'resumelb_connections_refused_total',
      'Connections that were closed before they carried anything, by reason',
      samples(tallies.refusedConnections, 'reason'),
    ),
    histogram(
      'resumelb_request_duration_seconds',
      'Time from the arrival of a request until its client has all of the response',
      tallies.duration,
    ),
    histogram(
      'resumelb_time_to_first_byte_seconds',
      'Time from the arrival of a request to the head of its response',
      tallies.timeToFirstByte,
    ),
    histogram(
      'resumelb_queue_seconds',
      'Time from the arrival of a request until a worker is given it',
      tallies.queue,
    ),
    counter('resumelb_request_body_bytes_total', 'Bytes of request bodies', [
      one(tallies.bytesReceived),
    ]),
    counter('resumelb_response_body_bytes_total', 'Bytes of response bodies', [
      one(tallies.bytesSent),
    ]),
    counter('resumelb_retries_total', 'Requests that were given to another worker', [
      one(tallies.retries),
    ]),
    counter(
      'resumelb_retry_budget_exhausted_total',
      'Retries that --retry-ratio and --min-retries did not allow',
      [one(tallies.retriesDenied)],
    ),
  ]
}

function choiceFamilies({ reader }: MetricsOptions): Family[] {
  const { tallies } = reader
  return [
    counter(
      'resumelb_routing_total',
      'Requests by the reason for which their last worker was chosen',
      samples(tallies.choices, 'reason'),
    ),
    counter(
      'resumelb_affinity_lookups_total',
      'Requests of which the policy knew whether their worker had served the class',
      [one(tallies.affinityLookups)],
    ),
    counter('resumelb_affinity_hits_total', 'Of those, the ones whose worker had', [
      one(tallies.affinityHits),
    ]),
    counter(
      'resumelb_regret_seconds_total',
      'Sum of the expected time at the chosen worker, less the least of all considered',
      [one(tallies.regretSeconds)],
    ),
    counter('resumelb_regret_observations_total', 'Requests in resumelb_regret_seconds_total', [
      one(tallies.regrets),
    ]),
  ]
}

/** Nothing of workers and classes whose requests tell no size. */
function sizeFamilies({ reader, classes }: MetricsOptions): Family[] {
  const { tallies } = reader
  const workers = [...tallies.workers].map(([worker, { sizes }]) => ({ labels: { worker }, sizes }))
  const of = (all: readonly SizeSource[], part: keyof UnitCounts): Sample[] =>
    all
      .filter(({ sizes }) => sizes.units > 0)
      .map(({ labels, sizes }) => ({ value: sizes[part], labels }))
  const families = [
    counter(
      'resumelb_request_units_total',
      'Units of the requests that have ended, by the worker that had them last (empty: none)',
      of(workers, 'units'),
    ),
    counter(
      'resumelb_request_chain_units_total',
      'Of those, the ones of requests with a chain whose worker said how much of it was warm',
      of(workers, 'chainUnits'),
    ),
    counter(
      'resumelb_request_warm_units_total',
      'Of those, the ones that the worker had in its caches',
      of(workers, 'warmUnits'),
    ),
  ]
  if (classes === 0) return families
  const top = tallies.classes.largest(classes)
  const names = top.map(({ name, sizes }) => ({ labels: { class: name }, sizes }))
  return [
    ...families,
    counter(
      'resumelb_class_request_units_total',
      'Units of the requests of the classes with the most requests',
      of(names, 'units'),
    ),
    counter(
      'resumelb_class_chain_units_total',
      'Of those, the ones of requests with a chain whose worker said how much of it was warm',
      of(names, 'chainUnits'),
    ),
    counter(
      'resumelb_class_warm_units_total',
      'Of those, the ones that the worker had in its caches',
      of(names, 'warmUnits'),
    ),
  ]
}

function balancerFamilies({ source, reader }: MetricsOptions): Family[] {
  return [
    gauge('resumelb_build_info', 'The release that runs', [{ value: 1, labels: { software } }]),
    gauge(
      'resumelb_ready',
      'Whether a worker takes requests, and the load balancer is not draining',
      [one(Number(reader.isReady))],
    ),
    gauge(
      'resumelb_backlog',
      'Requests that workers have and that have not ended',
      [one(source.backlog)],
      'sum',
    ),
    gauge('resumelb_waiting', 'Requests that wait for a worker', [one(source.waiting)], 'sum'),
    gauge(
      'resumelb_waiting_for_class',
      'Of those, the ones that wait because of --class-limit',
      [one(source.waitingForClass)],
      'sum',
    ),
    gauge('resumelb_classes', 'Classes that are counted here', [one(reader.tallies.classes.size)]),
    counter('resumelb_classes_evicted_total', 'Classes whose counts gave way to others', [
      one(reader.tallies.classes.evicted),
    ]),
  ]
}

/** Only on request: names of classes may be many, and may be confidential. */
function classFamilies({ reader, classes }: MetricsOptions): Family[] {
  if (classes === 0) return []
  const top = reader.tallies.classes.largest(classes)
  const of = (value: number, name: string): Sample => ({ value, labels: { class: name } })
  return [
    counter(
      'resumelb_class_requests_total',
      'Requests of the classes with the most requests',
      top.map(({ name, requests }) => of(requests, name)),
    ),
    counter(
      'resumelb_class_request_seconds_total',
      'Sum of their durations',
      top.map(({ name, seconds }) => of(seconds, name)),
    ),
    counter(
      'resumelb_class_affinity_hits_total',
      'Of those requests, the ones whose worker had served the class',
      top.map(({ name, hits }) => of(hits, name)),
    ),
  ]
}
