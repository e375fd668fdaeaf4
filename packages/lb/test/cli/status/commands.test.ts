import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '@resumelb/common/cli'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Backlogs } from '../../../src/admin/backlogs.ts'
import { StatusServer } from '../../../src/admin/status-server.ts'
import { getLbStatus } from '../../../src/cli/status/get-lb-status-command.ts'
import { rlbNagios } from '../../../src/cli/status/rlb-nagios-command.ts'
import { startBalancer, startWorker } from '../../support/balancer.ts'

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-status-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'socket')
}

/** A status server for a load balancer with one worker, or none. */
async function startStatus(workers = 1): Promise<string> {
  const path = await socketPath()
  const all = await Promise.all(Array.from({ length: workers }, () => startWorker()))
  const { balancer } = await startBalancer(all)
  const server = new StatusServer(path, new Backlogs(balancer))
  await server.start()
  onTestFinished(() => server.stop())
  return path
}

async function run(
  command: (typed: string[], print: (text: string) => void) => Promise<number>,
  ...typed: string[]
) {
  const lines: string[] = []
  const code = await command(typed, (text) => lines.push(text))
  return { code, text: lines.join('\n') }
}

describe('get-lb-status', () => {
  test('prints one document for each socket, and ends with 1 if one is missing', async () => {
    const complaint = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const path = await startStatus()
    const { code, text } = await run(getLbStatus, path, path)
    expect(code).toBe(0)
    expect(text.split('\n').map((line) => JSON.parse(line))).toMatchObject([
      { backlog: 0 },
      { backlog: 0 },
    ])
    expect((await run(getLbStatus, `${path}.not`, path)).code).toBe(1)
    expect(complaint).toHaveBeenCalledWith(expect.stringContaining('is the load balancer running?'))
    await expect(run(getLbStatus)).rejects.toThrow(UsageError)
  })
})

describe('rlb-nagios', () => {
  test('says OK, and with what', async () => {
    const path = await startStatus()
    expect(await run(rlbNagios, '-b3', '-W0', '-m', path)).toEqual({
      code: 0,
      text: 'OK 1 0 0 -|workers=1 mean_backlog=0 max_backlog=0 max_age=-1.0seconds',
    })
    expect((await run(rlbNagios, '-a', '3', path)).code).toBe(0)
  })

  test('asks for thresholds, as the original does', async () => {
    expect(await run(rlbNagios, '/nowhere')).toEqual({
      code: 3,
      text: 'You need to request metrics and/or alert settings',
    })
  })

  test('is critical without workers, without a load balancer, and if that is silent', async () => {
    const empty = await startStatus(0)
    expect(await run(rlbNagios, '-b3', empty)).toEqual({
      code: 2,
      text: 'no workers are connected',
    })
    const gone = await run(rlbNagios, '-m', `${empty}.not`)
    expect(gone.code).toBe(2)
    expect(gone.text).toMatch(/^CRITICAL there is no socket at /)
    const path = await socketPath()
    const server = createServer(() => undefined).listen(path)
    onTestFinished(() => void server.close())
    const silent = await run(rlbNagios, '-m', '-t', '0.05', path)
    expect(silent).toEqual({ code: 2, text: `CRITICAL ${path} did not answer within 0.05 s` })
  })
})
