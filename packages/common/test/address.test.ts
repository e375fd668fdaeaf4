import { describe, expect, test } from 'vitest'
import { addressText, formatAddress, parseAddress } from '../src/address.ts'
import { OptionError } from '../src/errors.ts'

describe('an address', () => {
  test.each([
    ['127.0.0.1:8000', { host: '127.0.0.1', port: 8000 }],
    ['[::1]:8000', { host: '::1', port: 8000 }],
    ['worker-1.example:80', { host: 'worker-1.example', port: 80 }],
    [':8080', { host: '', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[fe80::1%eth0]:65535', { host: 'fe80::1%eth0', port: 65_535 }],
    ['unix:/run/a b.sock', { path: '/run/a b.sock' }],
  ])('is read from %s, and written so', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
    expect(formatAddress(address)).toBe(text)
  })

  test('may have spaces around it', () => {
    expect(parseAddress(' 127.0.0.1:1\n')).toEqual({ host: '127.0.0.1', port: 1 })
  })

  test.each([
    '',
    '8000',
    'name',
    'name:',
    'name:port',
    'name:65536',
    'name:-1',
    '::1:8000',
    '[name]:8000',
    '[]:8000',
    'http://name:80',
    'a b:80',
    'name:80/',
    'unix:',
    'unix:/',
    'unix:run/worker.sock',
    'unix:/run/',
    'unix:/run/w.sock?mode=600',
  ])('is not "%s"', (text) => {
    expect(() => parseAddress(text)).toThrow(OptionError)
    expect(() => parseAddress(text)).toThrow(`got '${text}'`)
  })

  test('says which port there is not', () => {
    expect(() => parseAddress('name:65536')).toThrow('(a port is at most 65535)')
  })

  test('has one text for one unix socket', () => {
    expect(addressText('unix:///run/w.sock')).toBe('unix:/run/w.sock')
    expect(addressText({ path: '/run/w.sock' })).toBe('unix:/run/w.sock')
  })
})
