import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { AdminServer, LoadBalancer } from '@resumelb/lb'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { dashboard, dashboardFile, expressions } from '../../scripts/dashboard.ts'
import { CommandProcess, fixture } from '../support/processes.ts'
import { runTool, testWith } from '../support/tools.ts'

const docs = new URL('../../docs/', import.meta.url)
const pathOf = (name: string) => fileURLToPath(new URL(name, docs))
const page = readFileSync(pathOf('observability.md'), 'utf8')

let balancer: LoadBalancer
let admin: AdminServer

beforeAll(async () => {
  balancer = new LoadBalancer({ workers: ['127.0.0.1:1'], log: silentLogger })
  admin = new AdminServer(balancer, { address: '127.0.0.1:0', metricsClasses: 5 })
  await admin.start()
})

afterAll(async () => {
  await admin.stop()
  balancer.destroy()
})

async function metrics(): Promise<string> {
  return (await fetch(`http://${admin.address}/metrics`)).text()
}

describe('docs/observability.md', () => {
  const examples = page.split('\n').filter((line) => line.startsWith('    curl '))

  testWith('curl', 'jq')('has examples that work', async () => {
    expect(examples.length).toBeGreaterThan(1)
    for (const example of examples) {
      const command = example.trim().replace('127.0.0.1:9090', admin.address)
      expect(await runTool('sh', ['-c', `set -e; ${command}`])).not.toBe('')
    }
  })

  testWith('promtool')('describes metrics that promtool finds nothing wrong with', async () => {
    const text = await metrics()
    const ours = text.split('\n').filter((line) => /^(# \w+ )?resumelb_/.test(line))
    await runTool('promtool', ['check', 'metrics'], `${ours.join('\n')}\n`)
  })

  test('names metrics that there are', async () => {
    const text = await metrics()
    const names = [...page.matchAll(/`(resumelb_\w+)`/g)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) expect(text).toContain(`# TYPE ${name} `)
  })
})

describe('the commands', () => {
  test('serve the status where --admin says, which resumelb-ctl shows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'resumelb-admin-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const address = `unix:${join(folder, 'admin')}`
    const args = ['--admin', address, '-a', '127.0.0.1:0', '-L', 'info', '127.0.0.1:1']
    const command = new CommandProcess('packages/lb/bin/resumelb.js', args)
    await until(() => command.stderr.includes('admin server listening'))
    const ctl = (...words: string[]) =>
      new CommandProcess('packages/lb/bin/resumelb-ctl.js', words, { RESUMELB_ADMIN: address })
    const status = ctl('status')
    expect(await status.exited).toBe(1)
    expect(status.stdout).toContain('0 of 1 ready')
    const drain = ctl('drain', '127.0.0.1:1')
    expect([await drain.exited, drain.stdout]).toEqual([0, 'draining\n'])
  })

  test('end quietly when the reader of their output has closed the pipe', async () => {
    const ctl = fileURLToPath(new URL('../packages/lb/bin/resumelb-ctl.js', docs))
    const words = [process.execPath, ctl, '-a', admin.address, 'top']
    const script = '( ( "$@"; echo "status $?" >&2 ) | true ) 2>&1'
    expect(await runTool('sh', ['-c', script, 'sh', ...words])).toBe('status 0\n')
  })
})

describe('Prometheus', () => {
  testWith('prometheus')('scrapes the admin address', async () => {
    const url = await startPrometheus(admin.address)
    const ask = async (text: string) => {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`)
      return (await response.json()) as Answer
    }
    const query = async (text: string) => (await ask(text)).data?.result[0]?.value[1]
    await until(async () => (await query('up').catch(() => '')) === '1')
    // On a busy machine, a query may be answered before all of the first scrape can be read.
    await until(async () => (await query('resumelb_ready')) === '0')
    await until(async () => (await query('sum by (worker) (resumelb_worker_state)')) === '1')
    for (const expression of expressions) {
      const concrete = expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')
      expect((await ask(concrete)).status, concrete).toBe('success')
    }
  })
})

/** Of Prometheus. */
interface Answer {
  readonly status: string
  readonly data?: { readonly result: readonly { readonly value: readonly unknown[] }[] }
}

describe('the dashboard for Grafana', () => {
  test('is what `npm run dashboard` writes', () => {
    expect(readFileSync(dashboardFile, 'utf8')).toBe(dashboard())
  })

  test('shows metrics that there are, and most of them', async () => {
    const text = await metrics()
    const there = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
    const found = expressions.join(' ').match(/\b(resumelb|process|nodejs)_\w+/g) ?? []
    const shown = [...new Set(found.map((name) => name.replace(/_bucket$/, '')))]
    expect(there).toEqual(expect.arrayContaining(shown))
    const ours = there.filter((name) => /^resumelb_(?!class_|build_info)/.test(name ?? ''))
    expect(shown.length).toBeGreaterThan(ours.length * 0.75)
  })
})

/** Starts a Prometheus that scrapes an address, and ends with the test. Resolves with its URL. */
async function startPrometheus(target: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-prometheus-'))
  const file = join(folder, 'prometheus.yml')
  await writeFile(
    file,
    `global: { scrape_interval: 100ms, scrape_timeout: 100ms }
scrape_configs:
  - job_name: resumelb
    static_configs: [{ targets: ['${target}'] }]
`,
  )
  const child = spawn('prometheus', [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ])
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true })
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const find = () => /msg="Listening on" address=(\S+)/.exec(output)?.[1]
  await until(
    () => find() !== undefined,
    () => output,
  )
  return `http://${find()}`
}

describe('docs/alerts.yaml', () => {
  testWith('promtool')('has rules that fire when they should, and only then', async () => {
    // The paths of rules in the file are relative to it.
    await runTool('promtool', ['test', 'rules', fixture('alerts-test.yaml')])
  })

  testWith('promtool')('has rules that promtool understands', async () => {
    expect(await runTool('promtool', ['check', 'rules', pathOf('alerts.yaml')])).toContain(
      '14 rules found',
    )
  })

  test('asks for metrics that there are', async () => {
    const text = await metrics()
    const rules = readFileSync(pathOf('alerts.yaml'), 'utf8')
    for (const [name] of rules.matchAll(/\b(resumelb|process|nodejs)_\w+/g))
      expect(text).toContain(`# TYPE ${name} `)
  })
})
