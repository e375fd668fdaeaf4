import { describe, expect, test } from 'vitest'
import { startAdmin } from '../support/admin.ts'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { plain, reported } from '../support/tiny-worker.ts'

async function setUp(metricsClasses = 0) {
  const worker = await startWorker()
  const { balancer, port, ended } = await startBalancer([worker], { pool: 'cost' })
  const { call } = await startAdmin(balancer, { metricsClasses })
  const serve = async (host: string) => {
    const before = ended.length
    await ask(port, { headers: { host } })
    await until(() => ended.length > before)
  }
  const scrape = async () => (await call('/metrics')).text.split('\n')
  return { worker, balancer, port, call, serve, scrape }
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
