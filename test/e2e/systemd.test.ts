/** The units of packaging/systemd, under a real systemd. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { until } from '@resumelb/common/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, Load } from '../support/clients.ts'
import { canBoot, Machine } from '../support/systemd/machine.ts'
import { runTool, testWith } from '../support/tools.ts'

/** Resolves when a condition holds, on a machine that starts several processes at the same time. */
const eventually = (holds: () => Promise<boolean>) => until(holds, String(holds), 50_000)

const root = fileURLToPath(new URL('../../', import.meta.url))
const units = `${root}packaging/systemd/`
const page = readFileSync(`${root}docs/systemd.md`, 'utf8')
const services = readdirSync(units).filter((name) => name.endsWith('.service'))

describe('each unit', () => {
  testWith('systemd').each(services)('%s is exposed little', async (name) => {
    const words = ['security', '--offline=true', '--no-pager', `${units}${name}`]
    const text = await runTool('systemd-analyze', words)
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(text)?.[1])
    expect(exposure).toBeLessThanOrEqual(4)
  })
})

describe.skipIf(!canBoot())('under systemd', () => {
  let machine: Machine

  beforeAll(async () => {
    machine = await Machine.boot()
    const [, blocks = ''] = page.split('## Installing')
    const [install = ''] = /(?:^ {4}.*\n)+/m.exec(blocks) ?? []
    expect(install).toContain('systemd-sysusers')
    await machine.run(`cd /opt/resumelb\n${install}`)
    await put('/srv/application/app.js', application)
    await put('/srv/application/package.json', '{ "type": "module" }')
    await put('/etc/resumelb/resumelb.yaml', configuration)
    await dropIn('resumelb', 'TimeoutStopSec=3')
    await dropIn(stopped, 'WatchdogSec=5')
    await dropIn('resumelb-worker@8003', `RestartSec=50ms\nExecStartPre=/bin/test -e ${database}`)
    await machine.run('systemctl daemon-reload')
    await machine.run(`systemctl start --no-block resumelb-worker@8003 ${stopped}`)
    await machine.run('systemctl start resumelb resumelb-worker@8001 resumelb-worker@8002')
    await eventually(async () => (await status()) === '2 of 3 workers are ready')
    // One that has no requests; what becomes of it is looked at later.
    await eventually(async () => (await property(stopped, 'ActiveState')) === 'active')
    await machine.run(`systemctl kill -s STOP ${stopped}`)
  })

  afterAll(() => machine?.stop())

  const put = (path: string, text: string) => writeFile(machine.path(path), text)
  const dropIn = async (unit: string, line: string) => {
    const folder = `/etc/systemd/system/${unit}.service.d`
    await machine.run(`mkdir -p ${folder}`)
    await put(`${folder}/test.conf`, `[Service]\n${line}\n`)
  }
  const property = async (unit: string, name: string) =>
    (await machine.run(`systemctl show ${unit} --property ${name} --value`)).trim()
  const status = () => property('resumelb', 'StatusText')
  const get = (path: string) =>
    ask(0, path, {
      socketPath: machine.path('/run/resumelb/web'),
      headers: { host: 'a.example' },
      agent: false,
    })
  const replace = async () => {
    const old = await property('resumelb', 'MainPID')
    await machine.run('systemctl kill --kill-whom=main -s USR2 resumelb')
    await eventually(async () => (await property('resumelb', 'MainPID')) !== old)
    return old
  }
  const journal = (words: string) => machine.run(`journalctl --no-pager -o cat ${words}`)

  test('systemd finds nothing wrong with the units', async () => {
    const words = services.map((name) => name.replace('@', '@8001')).join(' ')
    const text = await machine.run(`systemd-analyze verify ${words} resumelb.socket 2>&1 || true`)
    const lines = text.split('\n').filter((line) => line !== '')
    // Older than the two.
    expect(lines.filter((line) => !/Unknown key.*Restart(Steps|MaxDelaySec)/.test(line))).toEqual(
      [],
    )
  })

  test('reloads a good configuration, and refuses a bad one with the reason', async () => {
    await machine.run('systemctl reload resumelb')
    await eventually(async () => (await journal('-u resumelb')).includes('configuration reloaded'))
    await put('/etc/resumelb/resumelb.yaml', `${configuration}no-such-option: 1\n`)
    await expect(machine.run('systemctl reload resumelb')).rejects.toThrow('failed')
    expect(await journal('-u resumelb')).toContain(
      '/etc/resumelb/resumelb.yaml:5: Unknown option no-such-option',
    )
    await put('/etc/resumelb/resumelb.yaml', configuration)
    expect(await property('resumelb', 'ActiveState')).toBe('active')
  })

  test('starts a worker again, however often it fails, until its database is there', async () => {
    const unit = 'resumelb-worker@8003'
    // By default, five failures within ten seconds would be the end of it.
    await eventually(async () => Number(await property(unit, 'NRestarts')) > 6)
    await machine.run(`touch ${database}`)
    await eventually(async () => (await property(unit, 'ActiveState')) === 'active')
    await eventually(async () => (await status()) === '3 of 3 workers are ready')
  })

  test('follows the process that takes over at SIGUSR2, and starts it again if it dies', async () => {
    const old = await property('resumelb', 'MainPID')
    const load = new Load(4, () => get('/'))
    await load.more(20)
    await replace()
    await load.more(20)
    const { statuses, errors } = await load.stop()
    expect([[...statuses.keys()], [...errors]]).toEqual([[200], []])
    // Until then, systemd does not hear of the end of the new process.
    await eventually(async () => !existsSync(machine.path(`/proc/${old}`)))
    expect(await property('resumelb', 'NRestarts')).toBe('0')
    await machine.run('systemctl kill --kill-whom=main -s KILL resumelb')
    await eventually(async () => (await property('resumelb', 'NRestarts')) === '1')
    await eventually(async () => (await property('resumelb', 'ActiveState')) === 'active')
    expect((await get('/')).status).toBe(200)
  })

  testWith('logrotate')('loses no line of the access log when it is rotated', async () => {
    const load = new Load(4, () => get('/counted'))
    await load.more(50)
    await machine.run('/usr/sbin/logrotate --force /etc/logrotate.d/resumelb')
    await load.more(50)
    await load.stop()
    const read = async (name: string) => {
      const text = await readFile(machine.path(`/var/log/resumelb/${name}`), 'utf8')
      return text.split('\n').filter((line) => line.includes('/counted')).length
    }
    const all = async () => (await read('access.log')) + (await read('access.log.1'))
    await eventually(async () => (await all()) >= load.answers)
    expect(await all()).toBe(load.answers)
    expect(await read('access.log.1')).toBeGreaterThan(0)
    expect(await read('access.log')).toBeGreaterThan(0)
  })

  test('waits for a drain that takes longer than TimeoutStopSec=, also after SIGUSR2', async () => {
    const old = await replace()
    await eventually(async () => !existsSync(machine.path(`/proc/${old}`)))
    const answer = get('/slow')
    answer.catch(() => undefined)
    const socketPath = machine.path('/run/resumelb/admin')
    const metrics = async () => (await ask(0, '/metrics', { socketPath })).text
    await eventually(async () => (await metrics()).includes('\nresumelb_backlog 1\n'))
    await machine.run('systemctl stop resumelb')
    expect((await answer).status).toBe(200)
    expect(await property('resumelb', 'Result')).toBe('success')
    expect(await journal('UNIT=resumelb.service')).not.toContain('timed out')
  })

  testWith('curl')('starts with the first connection to the socket unit', async () => {
    const withSocket = configuration.replace('127.0.0.1:8080', 'fd:web')
    await put('/etc/resumelb/resumelb.yaml', withSocket)
    await machine.run('systemctl start resumelb.socket')
    expect(await property('resumelb', 'ActiveState')).toBe('inactive')
    expect(await machine.run('curl --silent http://127.0.0.1:8080/')).toBe('hello')
  })

  test('restarts a worker whose event loop stands still', async () => {
    await eventually(async () => Number(await property(stopped, 'NRestarts')) > 0)
    expect(await journal(`UNIT=${stopped}.service`)).toContain('Watchdog timeout')
  })

  test('writes lines to the journal with their level', async () => {
    const lines = (await journal('-u resumelb -p warning')).trim().split('\n')
    const ours = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).level)
    expect(new Set(ours)).not.toContain('info')
    expect(await journal('-u resumelb -p info')).toContain('"level":"info"')
  })
})

const database = '/srv/application/database'

const stopped = 'resumelb-worker@8004'

const application = `
export default (request, response) => {
  setTimeout(() => response.end('hello'), request.url === '/slow' ? 5000 : 5)
}
`

const configuration = `address: ['127.0.0.1:8080', 'unix:/run/resumelb/web']
workers: ['127.0.0.1:8001', '127.0.0.1:8002', '127.0.0.1:8003']
access-log: /var/log/resumelb/access.log
admin: unix:/run/resumelb/admin
`
