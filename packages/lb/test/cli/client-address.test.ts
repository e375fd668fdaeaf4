import { OptionError } from '@resumelb/common'
import { expect, test } from 'vitest'
import { parseClientAddress } from '../../src/cli/client-address.ts'

test('an address is named by itself, without its options', () => {
  expect(parseClientAddress('https://127.0.0.1:443?proxy-protocol')).toEqual({
    address: { host: '127.0.0.1', port: 443 },
    tls: true,
    proxyProtocol: true,
    key: '127.0.0.1:443',
    isPassed: false,
  })
  expect(parseClientAddress('unix:/run/lb.sock?mode=660').key).toBe('unix:/run/lb.sock')
})

test('a socket of systemd is named by its name, and may have options', () => {
  expect(parseClientAddress('http://fd:web.socket?proxy-protocol')).toMatchObject({
    ...{ key: 'fd:web.socket', isPassed: true },
    ...{ tls: false, proxyProtocol: true },
  })
})

test.each([
  ['fd:', "'fd:' is no address"],
  ['fd:web?mode=660', 'only unix sockets have a mode'],
  ['fd:web?mood=good', "there is no option 'mood'"],
])('refuses %s', (text, reason) => {
  expect(() => parseClientAddress(text, '--address')).toThrow(OptionError)
  expect(() => parseClientAddress(text, '--address')).toThrow(reason)
})
