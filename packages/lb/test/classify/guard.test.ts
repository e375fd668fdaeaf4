import { expect, test, vi } from 'vitest'
import { guardClassifier } from '../../src/classify/guard.ts'
import type { RequestView } from '../../src/http/request-view.ts'

const request = { rawHeaders: [] } as unknown as RequestView
const fails = () => {
  throw new Error('no')
}

test('a classifier that fails gives the default class, and the failure is reported', () => {
  const onFailure = vi.fn()
  expect(guardClassifier(fails, onFailure).classify(request)).toEqual({ requestClass: '' })
  const promises = (() => Promise.reject(new Error('no'))) as never
  expect(guardClassifier(promises, onFailure).classify(request)).toEqual({ requestClass: '' })
  expect(onFailure).toHaveBeenCalledTimes(2)
})

test('a classifier says which bodies it reads', () => {
  const readsBody = (says: unknown) =>
    guardClassifier(Object.assign(() => 'a', { readsBody: says }) as never, vi.fn()).readsBody
  expect(readsBody(undefined)).toBeUndefined()
  expect(readsBody(false)).toBeUndefined()
  expect(readsBody('yes')).toBeUndefined()
  expect(readsBody(true)?.(request)).toBe(true)
  expect(readsBody(() => true)?.(request)).toBe(true)
  expect(readsBody(() => 1)?.(request)).toBe(false)
})

test('a classifier whose choice of bodies fails reads none', () => {
  const onFailure = vi.fn()
  const { readsBody } = guardClassifier(
    Object.assign(() => 'a', { readsBody: fails }),
    onFailure,
  )
  expect(readsBody?.(request)).toBe(false)
  expect(onFailure).toHaveBeenCalledOnce()
})
