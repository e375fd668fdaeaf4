import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { notResumelbError, packHello, unpackHello } from '../src/preface.ts'
import { balancerIdentity, limits, skill, workerHello, workerIdentity } from './support/samples.ts'

const hello = { ...balancerIdentity, limits }
const read = (payload: Buffer) => unpackHello(payload, 0, payload.length)
const code = (name: string) => expect.objectContaining({ code: name })

describe('the payload of a HELLO', () => {
  test('arrives as it was sent, wherever it begins', () => {
    const payload = packHello(hello)
    const bytes = Buffer.concat([Buffer.alloc(3), payload, Buffer.alloc(3)])
    expect(unpackHello(bytes, 3, 3 + payload.length)).toEqual(hello)
  })

  test.each([0, 1, 7, 8])('is not just its first %d octets, whatever follows them', (length) => {
    const payload = packHello(hello)
    expect(() => unpackHello(payload, 0, length)).toThrow(code('NOT_RESUMELB'))
  })

  test('of another version says both versions', () => {
    const payload = packHello(hello)
    payload[8] = 9
    expect(() => read(payload)).toThrow(code('UNSUPPORTED_VERSION'))
    expect(() => read(payload)).toThrow('speaks version 9, this side version 1')
  })

  test('of another version need have nothing else in common', () => {
    expect(() => read(Buffer.from('resumelb\u0002?', 'latin1'))).toThrow(
      code('UNSUPPORTED_VERSION'),
    )
  })

  test('with nothing behind its version is refused', () => {
    expect(() => read(packHello(hello).subarray(0, 9))).toThrow(code('BAD_MESSAGE'))
  })

  test('may tell of many classes, but not of so many that they hold the reader up', () => {
    const hello = (classes: number) => {
      const names = Array.from({ length: classes }, (_, at) => at.toString(36))
      const resume = new Map(names.map((name) => [name, skill]))
      return { ...workerIdentity, limits, worker: { ...workerHello, resume } }
    }
    expect(read(packHello(hello(16_384))).worker?.resume.size).toBe(16_384)
    expect(() => read(packHello(hello(16_385)))).toThrow(code('LIMIT_EXCEEDED'))
  })

  test('is not made when a text is too long to be sent', () => {
    expect(() => packHello({ ...hello, software: 'x'.repeat(2_000_000) })).toThrow(OptionError)
  })
})

describe('notResumelbError', () => {
  test('shows a beginning only, and nothing that a terminal would obey', () => {
    const { message } = notResumelbError(Buffer.from(`\u001b[2J${'x'.repeat(1000)}`))
    expect(message).toContain('\\u001b[2Jxxx')
    expect(message.length).toBeLessThan(120)
  })
})
