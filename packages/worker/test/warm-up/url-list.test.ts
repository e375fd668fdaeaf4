import { OptionError } from '@resumelb/common'
import { expect, test } from 'vitest'
import { maxUrls, parseUrl, readUrlList } from '../../src/warm-up/url-list.ts'

test('a list has a URL in each line, and comments', () => {
  const text =
    '# home pages\nhttp://a.example/\n\n  https://b.example:8443/x?y=1#z # with a query\r\n'
  const urls = readUrlList(text, '--warm-up-urls')
  expect(urls).toEqual(['http://a.example/', 'https://b.example:8443/x?y=1#z'])
  expect(urls.map((url) => parseUrl(url, ''))).toEqual([
    { host: 'a.example', target: '/', isEncrypted: false },
    { host: 'b.example:8443', target: '/x?y=1', isEncrypted: true },
  ])
})

test.each(['a.example', '/path', 'ftp://a.example/'])('%s is no URL of HTTP', (line) => {
  expect(() => readUrlList(`http://a/\n${line}`, '--warm-up-urls')).toThrow(OptionError)
})

test('a list has a limit', () => {
  const text = 'http://a.example/\n'.repeat(maxUrls + 1)
  expect(() => readUrlList(text, '--warm-up-urls')).toThrow('at most 10000')
})
