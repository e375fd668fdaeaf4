/** What the dashboard for Grafana shows, with queries of Prometheus. */

export interface Panel {
  readonly title: string
  /** A unit of Grafana. */
  readonly unit: string
  /** Expressions of PromQL, each with its legend. */
  readonly queries: readonly (readonly [expression: string, legend: string])[]
  readonly description: string
}

/** The load balancers that are chosen above the panels. */
const chosen = 'instance=~"$instance"'

const rate = (metric: string, more = '') => `rate(${metric}{${chosen}${more}}[$__rate_interval])`
const sumOf = (metric: string, by: string, more = '') => `sum by (${by}) (${rate(metric, more)})`

/** 50th, 95th and 99th percentile of a histogram. */
const percentiles = (metric: string) =>
  [0.5, 0.95, 0.99].map((share) => {
    const buckets = sumOf(`${metric}_bucket`, 'le')
    return [`histogram_quantile(${share}, ${buckets})`, `${share * 100} %`] as const
  })

/** The panels by the titles of their rows. */
export const rows: Readonly<Record<string, readonly Panel[]>> = {
  Traffic: [
    {
      title: 'Requests',
      unit: 'reqps',
      queries: [[sumOf('resumelb_requests_total', 'code'), '{{code}}']],
      description: 'Ended requests by status.',
    },
    {
      title: 'Outcomes',
      unit: 'reqps',
      queries: [[sumOf('resumelb_request_outcomes_total', 'outcome'), '{{outcome}}']],
      description: 'shed: too few workers. abandoned: clients lose patience.',
    },
    {
      title: 'Bodies',
      unit: 'Bps',
      queries: [
        [`sum(${rate('resumelb_request_body_bytes_total')})`, 'received'],
        [`sum(${rate('resumelb_response_body_bytes_total')})`, 'sent'],
      ],
      description: 'Bytes of request and response bodies.',
    },
    {
      title: 'Refused before they were requests',
      unit: 'ops',
      queries: [
        [sumOf('resumelb_inputs_refused_total', 'reason'), '{{reason}}'],
        [sumOf('resumelb_connections_refused_total', 'reason'), '{{reason}}'],
      ],
      description: 'Scanners, broken clients, and connections beyond --max-connections.',
    },
  ],
  Latency: [
    {
      title: 'Duration',
      unit: 's',
      queries: percentiles('resumelb_request_duration_seconds'),
      description: 'From the arrival of a request to the end of its response.',
    },
    {
      title: 'Time to first byte',
      unit: 's',
      queries: percentiles('resumelb_time_to_first_byte_seconds'),
      description: 'From the arrival of a request to the head of its response.',
    },
  ],
  Queue: [
    {
      title: 'Requests waiting and at workers',
      unit: 'short',
      queries: [
        [`sum by (instance) (resumelb_waiting{${chosen}})`, 'waiting, {{instance}}'],
        [`sum by (instance) (resumelb_backlog{${chosen}})`, 'at workers, {{instance}}'],
      ],
      description: 'A growing number of waiting requests means too few workers.',
    },
    {
      title: 'Time in the queue',
      unit: 's',
      queries: percentiles('resumelb_queue_seconds'),
      description: 'From the arrival of a request until a worker gets it.',
    },
  ],
  Affinity: [
    {
      title: 'Hits',
      unit: 'percentunit',
      queries: [
        [
          `sum(${rate('resumelb_affinity_hits_total')}) / sum(${rate('resumelb_affinity_lookups_total')})`,
          'hits',
        ],
      ],
      description: 'Share of requests whose worker had served their class before.',
    },
    {
      title: 'Why workers were chosen',
      unit: 'reqps',
      queries: [[sumOf('resumelb_routing_total', 'reason'), '{{reason}}']],
      description: 'home: warm. spill: the homes are busy. cold: a new class, or a restart.',
    },
    {
      title: 'Mean regret',
      unit: 's',
      queries: [
        [
          `sum(${rate('resumelb_regret_seconds_total')}) / sum(${rate('resumelb_regret_observations_total')})`,
          'regret',
        ],
      ],
      description: 'Expected time at the chosen worker, less the least of all considered.',
    },
    {
      title: 'Classes',
      unit: 'short',
      queries: [
        [`max by (instance) (resumelb_classes{${chosen}})`, 'classes, {{instance}}'],
        [`${rate('resumelb_classes_evicted_total')}`, 'evicted per second, {{instance}}'],
      ],
      description: 'If classes are evicted, the classifier makes too many.',
    },
  ],
  'Size and depth': [
    {
      title: 'Units',
      unit: 'short',
      queries: [[sumOf('resumelb_request_units_total', 'worker'), '{{worker}}']],
      description:
        'Size of the requests that each worker gets per second, in the units of the classifier: tokens, bytes or rows. Requests without a size or a chain are not counted.',
    },
    {
      title: 'Warm units',
      unit: 'percentunit',
      queries: [
        [
          `${sumOf('resumelb_request_warm_units_total', 'worker')} / ${sumOf('resumelb_request_chain_units_total', 'worker')}`,
          '{{worker}}',
        ],
      ],
      description: 'Share of the units of requests with a chain that were in the caches.',
    },
  ],
  Workers: [
    {
      title: 'States',
      unit: 'short',
      queries: [[`sum by (state) (resumelb_worker_state{${chosen}})`, '{{state}}']],
      description: 'Workers by state, counted by each load balancer.',
    },
    {
      title: 'Load',
      unit: 'percentunit',
      queries: [
        [
          `max by (worker) (resumelb_worker_backlog_reported{${chosen}} / (resumelb_worker_concurrency{${chosen}} > 0))`,
          '{{worker}}',
        ],
      ],
      description: 'Requests of all load balancers per slot; above 100 %, they wait in the worker.',
    },
    {
      title: 'Mean duration',
      unit: 's',
      queries: [
        [
          `${sumOf('resumelb_worker_request_seconds_total', 'worker')} / ${sumOf('resumelb_requests_total', 'worker')}`,
          '{{worker}}',
        ],
      ],
      description: 'One worker that is slower than the others has a problem of its own.',
    },
    {
      title: 'Event loop delay',
      unit: 's',
      queries: [
        [`max by (worker) (resumelb_worker_event_loop_delay_seconds{${chosen}})`, '{{worker}}'],
      ],
      description: 'Handlers compute for too long.',
    },
    {
      title: 'Oldest request',
      unit: 's',
      queries: [
        [`max by (worker) (resumelb_worker_oldest_request_seconds{${chosen}})`, '{{worker}}'],
      ],
      description: 'A worker that hangs.',
    },
    {
      title: 'Connections lost and ejections',
      unit: 'ops',
      queries: [
        [sumOf('resumelb_worker_disconnects_total', 'worker'), 'lost, {{worker}}'],
        [sumOf('resumelb_worker_ejections_total', 'worker'), 'ejected, {{worker}}'],
      ],
      description: 'Workers that crash, restart or fail.',
    },
  ],
  Errors: [
    {
      title: 'Share of 5xx',
      unit: 'percentunit',
      queries: [
        [
          `sum(${rate('resumelb_requests_total', ',code=~"5.."')}) / sum(${rate('resumelb_requests_total')})`,
          '5xx',
        ],
      ],
      description: 'Of the application and of the load balancer.',
    },
    {
      title: 'Failures of the load balancer',
      unit: 'reqps',
      queries: [[sumOf('resumelb_request_failures_total', 'reason'), '{{reason}}']],
      description: 'See the table of failures in docs/operations.md.',
    },
    {
      title: 'Retries',
      unit: 'reqps',
      queries: [
        [`sum(${rate('resumelb_retries_total')})`, 'retried'],
        [`sum(${rate('resumelb_retry_budget_exhausted_total')})`, 'not allowed by --retry-ratio'],
      ],
      description: 'Requests that went to another worker.',
    },
  ],
  'Load balancers': [
    {
      title: 'CPU',
      unit: 'percentunit',
      queries: [
        [
          ofBalancers(`rate(process_cpu_seconds_total{${chosen}}[$__rate_interval])`),
          '{{instance}}',
        ],
      ],
      description: 'One process uses about one core at most.',
    },
    {
      title: 'Memory',
      unit: 'bytes',
      queries: [[ofBalancers(`process_resident_memory_bytes{${chosen}}`), '{{instance}}']],
      description: 'Resident memory.',
    },
    {
      title: 'Event loop delay',
      unit: 's',
      queries: [[ofBalancers(`nodejs_eventloop_lag_p99_seconds{${chosen}}`), '{{instance}}']],
      description: '99th percentile. More than some milliseconds: the load balancer is busy.',
    },
    {
      title: 'File descriptors',
      unit: 'percentunit',
      queries: [
        [ofBalancers(`process_open_fds{${chosen}} / process_max_fds{${chosen}}`), '{{instance}}'],
      ],
      description: 'Share of the limit; see LimitNOFILE= and --max-connections.',
    },
  ],
}

/** Metrics that processes of other kinds have, too. */
function ofBalancers(expression: string): string {
  return `(${expression}) and on (instance) resumelb_ready`
}
