import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { parseWorker, type WorkerAddress } from '../../src/workers/worker-spec.ts'

describe('a worker', () => {
  test.each([
    ['name:8000', 'name:8000', {}],
    [' [::1]:8000 ', '[::1]:8000', {}],
    ['unix:/run/app.sock', 'unix:/run/app.sock', {}],
    ['standby=name:8000', 'name:8000', { standby: true }],
    ['capacity=2,name:8000', 'name:8000', { capacity: 2 }],
    ['capacity=0.5,[::1]:8000', '[::1]:8000', { capacity: 0.5 }],
    ['standby=capacity=2,name:8000', 'name:8000', { standby: true, capacity: 2 }],
    ['capacity=2,standby=unix:/s', 'unix:/s', { standby: true, capacity: 2 }],
  ])('is read from %j', (text, address, share) => {
    expect(parseWorker(text, 'a worker')).toEqual({ address, share })
  })

  test.each([
    'standby=',
    'standby',
    'capacity=2',
    'capacity=,name:1',
    'capacity=0,name:1',
    'capacity=101,name:1',
    'capacity=two,name:1',
    'spare=name:1',
  ])('is not %j', (text) => {
    expect(() => parseWorker(text, 'a worker')).toThrow(OptionError)
  })

  test('may be given in parts', () => {
    const worker: WorkerAddress = { host: '::1', port: 1, standby: true, capacity: 3 }
    const share = { standby: true, capacity: 3 }
    expect(parseWorker(worker, 'a worker')).toEqual({ address: '[::1]:1', share })
    expect(() => parseWorker({ ...worker, capacity: Number.NaN }, 'a worker')).toThrow(OptionError)
  })
})
