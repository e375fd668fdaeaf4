import { Exception } from 'node-zookeeper-client'
import { expect, test } from 'vitest'
import '../../src/client/library.ts'

const { create } = Exception as unknown as { create(code: number): Exception }

test('the library takes error codes that it does not list for errors, not for a reason to die', () => {
  expect(create(-125)).toMatchObject({ code: -125, message: 'Exception: SERVER_ERROR[-125]' })
})

test('the library still names the error codes that it lists', () => {
  expect(create(Exception.NO_NODE)).toMatchObject({ code: -101, name: 'NO_NODE' })
})

test('the library still refuses garbage in the place of an error code', () => {
  expect(() => create(-1_128_792_032)).toThrow('Unknown code')
  expect(() => create(7)).toThrow('Unknown code')
})
