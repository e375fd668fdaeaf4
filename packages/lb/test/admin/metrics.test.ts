import type { Report, Skill } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import type { AdminStatus } from '../../src/admin/status-document.ts'
import type { RequestView } from '../../src/http/request-view.ts'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import { startAdmin } from '../support/admin.ts'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { plain, reported } from '../support/tiny-worker.ts'

/** `/3-of-4` is a request of 4,000 units, of whose 4 links the worker says that 3 are warm. */
function classify({ url = '' }: RequestView) {
  const links = Number(/-of-(\d)/.exec(url)?.[1] ?? Number.NaN)
  if (Number.isNaN(links)) return { requestClass: 'plain' }
  return { requestClass: 'sized', units: 1000 * links, chain: ['a', 'b', 'c', 'd'].slice(0, links) }
}

async function setUp(metricsClasses = 0, options: LoadBalancerOptions = {}) {
  const worker = await startWorker()
  const { balancer, port, ended } = await startBalancer([worker], { pool: 'cost', ...options })
  const { call } = await startAdmin(balancer, { metricsClasses })
  const serve = async (host: string) => {
    const before = ended.length
    await ask(port, { headers: { host } })
    await until(() => ended.length > before)
  }
  const scrape = async () => (await call('/metrics')).text.split('\n')
  return { worker, balancer, port, ended, call, serve, scrape }
}

describe('the metrics', () => {
  test('count requests by worker and status, and their durations', async () => {
    const { worker, serve, scrape } = await setUp()
    await serve('a.example')
    await serve('a.example')
    worker.behaviour = ({ stream }) =>
      stream.respond({ ...plain, status: 500 }, undefined, reported)
    await serve('a.example')
    const lines = await scrape()
    expect(lines).toContain(`resumelb_requests_total{worker="${worker.address}",code="200"} 2`)
    expect(lines).toContain(`resumelb_requests_total{worker="${worker.address}",code="500"} 1`)
    expect(lines).toContain('resumelb_request_outcomes_total{outcome="served"} 3')
    expect(lines).toContain('resumelb_request_duration_seconds_count 3')
    expect(lines).toContain('resumelb_time_to_first_byte_seconds_bucket{le="+Inf"} 3')
    expect(lines).toContain('resumelb_queue_seconds_bucket{le="60"} 3')
    expect(lines).toContain('resumelb_affinity_lookups_total 3')
    expect(lines).toContain('resumelb_affinity_hits_total 2')
    expect(lines).toContain('resumelb_routing_total{reason="home"} 2')
    expect(lines).toContain('resumelb_regret_observations_total 3')
  })

  test('say how the workers are', async () => {
    const { worker, balancer, scrape } = await setUp()
    worker.tell({ requests: 7, eventLoopDelay: 20 })
    await until(() => balancer.workers[0]?.load?.requests === 7)
    const lines = await scrape()
    const labels = `worker="${worker.address}"`
    expect(lines).toContain(`resumelb_worker_state{${labels},state="ready"} 1`)
    expect(lines).toContain(`resumelb_worker_state{${labels},state="draining"} 0`)
    expect(lines).toContain(`resumelb_worker_backlog_reported{${labels}} 7`)
    expect(lines).toContain(`resumelb_worker_event_loop_delay_seconds{${labels}} 0.02`)
    expect(lines).toContain(`resumelb_worker_held{${labels}} 0`)
    expect(lines).toContain('resumelb_ready 1')
  })

  test('name no class unless asked to, and then only the busiest', async () => {
    const silent = await setUp()
    await silent.serve('secret.example')
    expect((await silent.call('/metrics')).text).not.toContain('secret')
    const asked = await setUp(1)
    for (const host of ['b.example', 'b.example', 'c.example']) await asked.serve(host)
    const { text } = await asked.call('/metrics')
    expect(text).toContain('resumelb_class_requests_total{class="b.example"} 2')
    expect(text).not.toContain('c.example')
  })

  test('count units, and those that workers had in their caches', async () => {
    const { worker, port, ended, call, scrape } = await setUp(2, { classifier: classify })
    worker.behaviour = ({ head, stream }) => {
      const depth = Number(head.url.charAt(1))
      const skill = { ...reported.report?.skill, fixed: 0.01, perUnit: 0.001 } as Skill
      const report = { ...reported.report, depth, skill } as Report
      stream.respond(plain, undefined, { trailers: '', report })
    }
    for (const path of ['/3-of-4', '/0-of-1', '/0-of-0', '/plain']) await ask(port, { path })
    await until(() => ended.length === 4)
    expect(ended.map(({ size }) => size)).toEqual([
      { units: 4000, links: 4, warmPart: 0.75 },
      { units: 1000, links: 1, warmPart: 0 },
      { units: 0, links: 0, warmPart: 0 },
      undefined,
    ])
    const lines = await scrape()
    const labels = `worker="${worker.address}"`
    expect(lines).toContain(`resumelb_request_units_total{${labels}} 5000`)
    expect(lines).toContain(`resumelb_request_chain_units_total{${labels}} 5000`)
    expect(lines).toContain(`resumelb_request_warm_units_total{${labels}} 3000`)
    expect(lines).toContain('resumelb_class_warm_units_total{class="sized"} 3000')
    expect(lines.join()).not.toContain('resumelb_class_request_units_total{class="plain"}')
    const { balancer, workers, classes } = JSON.parse((await call('/status')).text) as AdminStatus
    expect(balancer.totals).toMatchObject({ units: 5000, chainUnits: 5000, warmUnits: 3000 })
    expect(balancer.recent.warmUnitRatio).toBe(0.6)
    expect(workers[0]?.warmUnitRatio).toBe(0.6)
    const ratios = classes.map(({ name, warmUnitRatio }) => [name, warmUnitRatio])
    expect(Object.fromEntries(ratios)).toEqual({ sized: 0.6, plain: null })
  })

  test('have no series of units where no request tells a size', async () => {
    const { serve, scrape } = await setUp(2)
    await serve('a.example')
    expect((await scrape()).filter((line) => /^resumelb\w*_units/.test(line))).toEqual([])
  })

  test('are of the text format of Prometheus, with those of the process', async () => {
    const { call } = await setUp()
    const { headers, text } = await call('/metrics')
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('process_resident_memory_bytes')
    for (const line of text.split('\n')) {
      expect(line).toMatch(/^($|# (HELP|TYPE) |[a-z_\d]+(\{([a-z_]+="[^"]*",?)+\})? \S+$)/)
    }
  })
})
