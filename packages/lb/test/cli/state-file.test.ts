import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@resumelb/common'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { StateFile, stateOf } from '../../src/cli/state-file.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { startAdmin, token } from '../support/admin.ts'

const folder = mkdtempSync(join(tmpdir(), 'resumelb-state-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'state.json')

/** A load balancer as after a start: with its configuration, and then the file. */
function start(file = path): { balancer: LoadBalancer; state: StateFile } {
  const workers = ['127.0.0.1:1', '127.0.0.1:2']
  const balancer = new LoadBalancer({ settings: { price: 2, spares: 1 }, log: silentLogger })
  onTestFinished(() => balancer.destroy())
  const state = new StateFile(file, '--state-file', silentLogger)
  state.restore(balancer)
  balancer.setWorkers(workers)
  return { balancer, state }
}

const addressesOf = ({ workers }: LoadBalancer) => workers.map(({ address }) => address).sort()

describe('the state file', () => {
  test('keeps what was changed over the admin server over restarts', async () => {
    const { balancer, state } = start()
    expect(addressesOf(balancer)).toEqual(['127.0.0.1:1', '127.0.0.1:2'])
    const onChange = () => state.save(stateOf(balancer, { price: 2, spares: 1 }))
    const { change } = await startAdmin(balancer, { token, onChange })
    const at = (worker: string) => `/workers/${encodeURIComponent(worker)}`
    expect((await change(`${at('standby=127.0.0.1:3')}/add`)).status).toBe(200)
    expect((await change(`${at('127.0.0.1:1')}/remove`)).status).toBe(200)
    expect((await change(`${at('127.0.0.1:1')}/remove`)).status).toBe(200)
    expect((await change(`${at('127.0.0.1:9')}/remove`)).status).toBe(404)
    expect((await change(`${at('127.0.0.1')}/add`)).status).toBe(400)
    expect((await change(`${at('127.0.0.1:2')}/drain`)).status).toBe(200)
    expect((await change('/settings', { price: 3, spares: null })).status).toBe(200)
    expect(addressesOf(balancer)).toEqual(['127.0.0.1:2', '127.0.0.1:3'])

    const { balancer: next } = start()
    expect(addressesOf(next)).toEqual(['127.0.0.1:2', '127.0.0.1:3'])
    expect(next.workers.find(({ isHeld }) => isHeld)?.address).toBe('127.0.0.1:2')
    expect(next.settings).toEqual({ price: 3 })
    expect(next.changes).toEqual(balancer.changes)
    next.addWorker('127.0.0.1:1')
    next.readyWorker('127.0.0.1:2')
    expect(next.removeWorker('127.0.0.1:3')).toBe(true)
    expect(next.changes).toEqual({ added: ['127.0.0.1:1'], removed: [], drained: [] })
  })

  test.each([
    ['{', 'JSON'],
    ['{}', 'it has no "format"'],
    ['{"format":"resumelb-state","version":2}', 'its version is 2'],
    ['{"format":"resumelb-state","version":1,"added":[1]}', 'added is not a list'],
    ['{"format":"resumelb-state","version":1,"added":["nowhere"]}', 'nowhere'],
    ['{"format":"resumelb-state","version":1,"settings":{"prize":1}}', 'did you mean price?'],
  ])('is refused if it is %s', (text, reason) => {
    const bad = join(folder, 'bad.json')
    writeFileSync(bad, text)
    expect(() => start(bad)).toThrow(`--state-file to be a state file, or absent, got '${bad}'`)
    expect(() => start(bad)).toThrow(reason)
  })

  test('stays as it is if it cannot be written', () => {
    const before = readFileSync(path, 'utf8')
    const { balancer } = start()
    const lines: string[] = []
    const log = { ...silentLogger, error: (_: object, text: string) => void lines.push(text) }
    new StateFile(join(folder, 'none', 'state'), '--state-file', log).save(stateOf(balancer, {}))
    expect(lines[0]).toContain('cannot write the state file')
    expect(readFileSync(path, 'utf8')).toBe(before)
  })
})
