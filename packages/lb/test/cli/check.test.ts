import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { resumelb } from '../../src/cli/resumelb-command.ts'
import { zkresumelb } from '../../src/cli/zkresumelb-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'resumelb-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const config = join(folder, 'lb.yaml')

function write(...lines: string[]): string[] {
  writeFileSync(config, lines.join('\n'))
  return ['--config', config, '--check']
}

test.each([
  ['an unknown key', 'wait-timout: 3', 'lb.yaml:2: Unknown option wait-timout: did you mean wait-'],
  ['a value of another type', 'wait-timeout: soon', 'Expected wait-timeout (', 'lb.yaml:2)'],
  ['a bad worker', 'workers-file: none', 'lb.yaml:2)', 'no such file'],
  [
    'a module that is missing',
    'request-classifier: ./nowhere.js',
    'lb.yaml:2)',
    'there is no file',
  ],
  [
    'a pattern that may take exponential time',
    "request-classifier: 'regexp path ^(?<class>(a+)+)$'",
    'lb.yaml:2)',
    'exponential',
  ],
  ['a page that is missing', 'error-page: 503=none.html', 'lb.yaml:2)', 'no such file'],
  ['a certificate that is missing', 'tls-cert: none.pem', 'lb.yaml:2)', 'no such file'],
  ['a format of the access log', "log-format: '$nothing'", 'log-format'],
  ['an address that others reach', 'admin: 0.0.0.0:9', 'without a token'],
])('--check finds %s, and says where', async (_what, line, ...says) => {
  const checked = resumelb(write('workers: [127.0.0.1:1]', line))
  for (const text of says) await expect(checked).rejects.toThrow(text)
})

test('--check creates no access log', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const accessLog = join(folder, 'access.log')
  const lines = [`access-log: ${accessLog}`, 'log-level: silent', 'workers: [127.0.0.1:1]']
  expect(await resumelb(write(...lines))).toBe(0)
  expect(existsSync(accessLog)).toBe(false)
})

test('--check neither listens nor connects if all is well', async () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const usual = ['address: 127.0.0.1:1', 'access-log: ""', 'log-level: silent']
  expect(await resumelb(write(...usual, 'workers: [dns:app.test:1]'))).toBe(0)
  expect(written).toHaveBeenLastCalledWith('resumelb: the configuration is valid\n')
  expect(await zkresumelb(write(...usual, 'zookeeper: 127.0.0.1:1', 'path: /lb'))).toBe(0)
  expect(written).toHaveBeenLastCalledWith('zkresumelb: the configuration is valid\n')
})
