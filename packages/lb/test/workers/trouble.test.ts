import { reminderInterval } from '@resumelb/common'
import { ProtocolError } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import { reasonOf, Trouble } from '../../src/workers/trouble.ts'

test('a failure is logged once, and again when its reason changes', () => {
  const trouble = new Trouble()
  expect(trouble.failed('UNREACHABLE', 'of some kind', 0)).toMatchObject({
    failures: 1,
    seconds: 0,
  })
  expect(trouble.failed('UNREACHABLE', 'of some kind', 100)).toBeUndefined()
  expect(trouble.failed('NOT_RESUMELB', 'of some kind', 300.2)).toEqual({
    ...{ failures: 3, seconds: 0.3, isExpected: false },
  })
  expect(trouble.failed('NOT_RESUMELB', 'of some kind', 700)).toBeUndefined()
})

test('a lasting failure is logged again after a while', () => {
  const trouble = new Trouble()
  trouble.failed('UNREACHABLE', 'of some kind', 0)
  expect(trouble.failed('UNREACHABLE', 'of some kind', reminderInterval - 1)).toBeUndefined()
  expect(trouble.failed('UNREACHABLE', 'of some kind', reminderInterval)).toMatchObject({
    failures: 3,
    seconds: 30,
  })
  expect(trouble.failed('UNREACHABLE', 'of some kind', reminderInterval + 1)).toBeUndefined()
})

test('a failure after a recovery is logged again', () => {
  const trouble = new Trouble()
  trouble.failed('CLOSED', 'of some kind', 0)
  trouble.over()
  expect(trouble.failed('CLOSED', 'of some kind', 50)).toMatchObject({ failures: 1, seconds: 0 })
})

test('the end of a worker that has announced it is expected, and no trouble for a while', () => {
  const trouble = new Trouble()
  trouble.announced()
  expect(trouble.failed('CLOSED', 'of some kind', 0)?.isExpected).toBe(true)
  expect(trouble.failed('UNREACHABLE', 'of some kind', 100)?.isExpected).toBe(true)
  expect(trouble.failed('UNREACHABLE', 'of some kind', reminderInterval + 100)).toMatchObject({
    isExpected: false,
  })
})

test('a worker that fails in another way than by its announced end is a trouble', () => {
  const trouble = new Trouble()
  trouble.announced()
  expect(trouble.failed('DISCONNECTED', 'of some kind', 0)?.isExpected).toBe(false)
  expect(trouble.failed('UNREACHABLE', 'of some kind', 100)?.isExpected).toBe(false)
  trouble.announced()
  trouble.over()
  expect(trouble.failed('CLOSED', 'of some kind', 200)?.isExpected).toBe(false)
})

test('the reason of a connection that ends while it is opened asks for the usual mistake', () => {
  const lost = new ProtocolError('DISCONNECTED', 'connection lost before a HELLO')
  expect(reasonOf(lost, 'plain')).toContain('Does it expect TLS (--worker-tls-ca)?')
  expect(reasonOf(lost, 'tls')).toContain('Has it refused our certificate?')
  expect(reasonOf(lost)).toBe('connection lost before a HELLO')
  const refused = new ProtocolError('TLS_FAILED', 'a:1 does not speak TLS')
  expect(reasonOf(refused, 'tls')).toBe('a:1 does not speak TLS')
})
