/** What `npm run start:zookeeper` does, with its real processes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask } from '../../support/clients.ts'
import { zookeeperAvailable } from '../../support/zookeeper-server.ts'

const script = fileURLToPath(new URL('../../../scripts/start-zookeeper.mjs', import.meta.url))

describe.skipIf(!zookeeperAvailable())('npm run start:zookeeper', () => {
  test('serves by two load balancers until a signal, and leaves nothing behind', async () => {
    const child = spawn(process.execPath, [script, '--port', '0', '--workers', '2'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    onTestFinished(() => {
      child.kill('SIGTERM')
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => {
        output += part.toString()
      })
    }
    await expect.poll(() => output, { timeout: 90_000 }).toContain('Ctrl-C stops everything')
    const ports = [...output.matchAll(/localhost:(\d+)\/(?=\s)/g)].map(([, port]) => Number(port))
    expect(new Set(ports).size).toBe(2)
    for (const port of ports) {
      const headers = { host: 'tenant-07.localhost' }
      expect((await ask(port, '/search?q=contract', { headers })).status).toBe(200)
    }
    child.kill('SIGINT')
    expect(await exited).toEqual([0, null])
    for (const port of ports) await expect(ask(port, '/')).rejects.toThrow('ECONNREFUSED')
  })

  test('leaves nothing behind after a signal while ZooKeeper is starting', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'resumelb-e2e-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const servers = async () =>
      (await readdir(folder)).filter((name) => name.startsWith('resumelb-zookeeper-'))
    const child = spawn(process.execPath, [script, '--port', '0', '--workers', '2'], {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: folder },
    })
    const exited = once(child, 'exit')
    onTestFinished(() => {
      child.kill('SIGTERM')
    })
    await expect.poll(servers, { timeout: 90_000, interval: 5 }).toHaveLength(1)
    child.kill('SIGINT')
    expect(await exited).toEqual([0, null])
    expect(await servers()).toEqual([])
  })
})
