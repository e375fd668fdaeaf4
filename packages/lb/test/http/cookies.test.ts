import { describe, expect, test } from 'vitest'
import { cookieIn, setCookie, withoutCookie, withoutField } from '../../src/http/cookies.ts'

test.each([
  ['w=1', '1'],
  ['a=b; w=1; w=2', '1'],
  ['a=b;w=1', '1'],
  ['xw=1; wx=2', undefined],
  ['a=w', undefined],
  ['', undefined],
])('in %j the cookie is %j', (field, value) => {
  expect(cookieIn(field, 'w')).toBe(value)
})

describe('a header block', () => {
  test.each([
    ['Cookie\nw=1', ''],
    ['Host\na\nCookie\nw=1\nAccept\n*/*', 'Host\na\nAccept\n*/*'],
    ['cookie\na=b; w=1; c=d', 'cookie\na=b; c=d'],
    ['Cookie\nw=1; a=b; w=2', 'Cookie\na=b'],
    ['Cookie\nw=1\nCookie\na=b', 'Cookie\na=b'],
    ['Cookie\nww=1; a=w', 'Cookie\nww=1; a=w'],
    ['X\ncookie\nY\nw=1', 'X\ncookie\nY\nw=1'],
    ['X-Empty\n\nCookie\nw=1', 'X-Empty\n'],
  ])('%j without the cookie is %j', (block, rest) => {
    expect(withoutCookie(block, 'w')).toBe(rest)
  })

  test('has no field any more that was taken out', () => {
    expect(withoutField('A\n1\nx-worker\n2\nX-Worker\n3\nB\nx-worker', 'x-worker')).toBe(
      'A\n1\nB\nx-worker',
    )
  })
})

test('a cookie is for the whole site, and for no script', () => {
  expect(setCookie('w', 'id', { isSecure: false, maxAge: undefined })).toBe(
    'w=id; Path=/; HttpOnly; SameSite=Lax',
  )
  expect(setCookie('w', 'id', { isSecure: true, maxAge: 90_500 })).toBe(
    'w=id; Max-Age=90; Path=/; HttpOnly; Secure; SameSite=Lax',
  )
})
