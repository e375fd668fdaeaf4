/** A worker that is restarted with `--warm-up`, behind a load balancer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { CommandProcess, startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

const hosts = ['t1.example', 't2.example', 't3.example']

/** Resolves when the worker is ready and connected, as in the recipe for restarts. */
async function untilReady(address: string): Promise<string> {
  const words = ['--wait', '60', address]
  const waiting = new CommandProcess('packages/worker/bin/get-worker-resume.js', words)
  expect([await waiting.exited, waiting.stderr]).toEqual([0, ''])
  return waiting.stdout
}

test('a restarted worker that replays has its caches filled before the first client', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-warm-up-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'resume.json')
  const urls = join(folder, 'urls.txt')
  writeFileSync(urls, '# known in advance\nhttp://t4.example/\n')
  const app = 'caching.mjs'
  let worker = await startWorkerProcess(['-r', file, '--warm-up', 'replay'], { app })
  const { address } = worker
  const { port } = await startBalancerProcess([worker])
  const askAll = async (...more: string[]) => {
    const answers: string[] = []
    for (const host of [...hosts, ...more]) {
      answers.push((await ask(port, '/', { headers: { host } })).text)
    }
    return answers
  }
  const restart = async (...options: string[]) => {
    expect(await worker.process.stop()).toBe(0)
    worker = await startWorkerProcess(['-r', file, ...options], { app, address })
    expect(await untilReady(address)).toContain(`${address}: ready, `)
  }

  expect(await askAll()).toEqual(['cold', 'cold', 'cold'])
  expect(await askAll()).toEqual(['warm', 'warm', 'warm'])
  await restart('--warm-up', 'replay', '--warm-up-urls', urls, '-LINFO')
  const warmed = /"done":4,"total":4,"failed":0.*"warmed up"/
  await until(() => warmed.test(worker.process.stderr))
  expect(await askAll('t4.example')).toEqual(['warm', 'warm', 'warm', 'warm'])
  await restart()
  expect(await askAll()).toEqual(['cold', 'cold', 'cold'])
})
