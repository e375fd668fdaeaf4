import { describe, expect, test } from 'vitest'
import { OptionError } from '../src/errors.ts'
import { parseListenAddress } from '../src/listen-address.ts'

const any80 = { host: '', port: 80 }

describe('an address to listen at', () => {
  test.each([
    [':80', { address: any80 }],
    ['127.0.0.1:0', { address: { host: '127.0.0.1', port: 0 } }],
    ['[::1]:8080', { address: { host: '::1', port: 8080 } }],
    ['http://:80', { address: any80, tls: false }],
    ['HTTPS://name:443', { address: { host: 'name', port: 443 }, tls: true }],
    [':80?proxy-protocol', { address: any80, proxyProtocol: true }],
    [':80?proxy-protocol=false', { address: any80, proxyProtocol: false }],
    ['http://:80?proxy-protocol=true', { address: any80, tls: false, proxyProtocol: true }],
    ['unix:/run/lb.sock', { address: { path: '/run/lb.sock' } }],
    ['unix:///run/lb.sock?mode=660', { address: { path: '/run/lb.sock' }, mode: 0o660 }],
    ['unix:/lb?tls&mode=0600', { address: { path: '/lb' }, mode: 0o600, tls: true }],
  ])('is read from %s', (text, listen) => {
    expect(parseListenAddress(text)).toEqual(listen)
  })

  test.each([
    ['', "'' is no address"],
    ['80', "'80' is no address"],
    ['ftp://:80', "'ftp://:80' is no address"],
    [':80/path', "':80/path' is no address"],
    ['unix:relative', 'the path must be absolute'],
    ['unix:/', 'the path must be absolute'],
    [`unix:/${'x'.repeat(120)}`, 'has at most'],
    [':80?mode=660', 'only unix sockets have a mode'],
    ['unix:/a?mode=9', 'mode has three octal digits'],
    ['unix:/a?mode', 'mode has three octal digits'],
    [':80?proxy-protocol=2', 'proxy-protocol is true or false'],
    [':80?', "there is no option ''"],
    [':80?prxy', "there is no option 'prxy'"],
    ['http://:80?tls', 'it says twice whether it is TLS'],
  ])('is not "%s"', (text, reason) => {
    expect(() => parseListenAddress(text, '--address')).toThrow(OptionError)
    expect(() => parseListenAddress(text, '--address')).toThrow(reason)
  })

  test('has no scheme and no other options where only a mode is known', () => {
    const parse = (text: string) => parseListenAddress(text, '--address', ['mode'])
    expect(parse('unix:/w.sock?mode=600')).toEqual({ address: { path: '/w.sock' }, mode: 0o600 })
    expect(() => parse('https://:443')).toThrow('it has no scheme https')
    expect(() => parse(':80?proxy-protocol')).toThrow("there is no option 'proxy-protocol'")
  })
})
