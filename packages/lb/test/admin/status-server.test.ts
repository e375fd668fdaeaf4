import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Backlogs } from '../../src/admin/backlogs.ts'
import { StatusServer } from '../../src/admin/status-server.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-status-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'socket')
}

async function startServer(path: string): Promise<StatusServer> {
  const balancer = new LoadBalancer()
  const server = new StatusServer(path, new Backlogs(balancer))
  await server.start()
  onTestFinished(() => server.stop())
  return server
}

describe('StatusServer', () => {
  test('sends each client one document', async () => {
    const path = await socketPath()
    await startServer(path)
    const document = await text(connect(path))
    expect(document).toBe('{"backlog":0,"mean_backlog":0,"workers":[],"workers_ex":[]}\n')
  })

  test('is closed to others, and gone when it stops', async () => {
    const path = await socketPath()
    const server = await startServer(path)
    expect((await stat(path)).mode & 0o777).toBe(0o660)
    await server.stop()
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  test('does not take the socket of another', async () => {
    const path = await socketPath()
    await startServer(path)
    await expect(new StatusServer(path, new Backlogs(new LoadBalancer())).start()).rejects.toThrow(
      'Expected status-server to be a socket that no other process listens at',
    )
    expect(await text(connect(path))).toContain('backlog')
  })

  test('replaces a socket that a dead process has left', async () => {
    const path = await socketPath()
    const code = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', code, path])
    expect((await stat(path)).isSocket()).toBe(true)
    await startServer(path)
    expect(await text(connect(path))).toContain('backlog')
  })

  test('touches nothing that is no socket', async () => {
    const path = await socketPath()
    await writeFile(path, 'precious')
    await expect(startServer(path)).rejects.toThrow('the path of a socket')
    expect((await stat(path)).isFile()).toBe(true)
  })
})
