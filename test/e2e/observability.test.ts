import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@resumelb/common'
import { AdminServer, LoadBalancer } from '@resumelb/lb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

  test('names every metric', async () => {
    const names = [...(await metrics()).matchAll(/^# TYPE (resumelb_\w+)/gm)].map(
      ([, name]) => name,
    )
    expect(names.length).toBeGreaterThan(30)
    for (const name of names) {
      const isNamed = [name ?? '', (name ?? '').replace(/^resumelb_(worker|class)/, '')].some(
        (written) => page.includes(`\`${written}`),
      )
      expect([name, isNamed]).toEqual([name, true])
    }
  })
})

describe('docs/alerts.yaml', () => {
  testWith('promtool')('has rules that promtool understands', async () => {
    expect(await runTool('promtool', ['check', 'rules', pathOf('alerts.yaml')])).toContain(
      '7 rules found',
    )
  })

  test('asks for metrics that there are', async () => {
    const text = await metrics()
    const rules = readFileSync(pathOf('alerts.yaml'), 'utf8')
    for (const [name] of rules.matchAll(/\bresumelb_\w+/g))
      expect(text).toContain(`# TYPE ${name} `)
  })
})
