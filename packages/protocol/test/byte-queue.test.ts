import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteQueue } from '../src/byte-queue.ts'

const take = (queue: ByteQueue, length: number): string => {
  const pieces: Buffer[] = []
  queue.take(length, (piece) => pieces.push(piece))
  return Buffer.concat(pieces).toString('latin1')
}

describe('ByteQueue', () => {
  test('gives bytes in the order in which they came, however they are cut', () => {
    const steps = fc.array(
      fc.oneof(fc.string({ unit: 'binary-ascii', minLength: 1 }), fc.nat(20)),
      {
        maxLength: 300,
      },
    )
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new ByteQueue()
        let model = ''
        for (const step of all) {
          if (typeof step === 'string') {
            queue.push(Buffer.from(step, 'latin1'))
            model += step
          } else {
            const length = Math.min(step, model.length)
            expect(take(queue, length)).toBe(model.slice(0, length))
            model = model.slice(length)
          }
          expect(queue.length).toBe(model.length)
        }
      }),
    )
  })

  test('is empty once cleared, and can be filled again', () => {
    const queue = new ByteQueue()
    queue.push(Buffer.from('abc'))
    queue.clear()
    expect(queue.length).toBe(0)
    queue.push(Buffer.from('def'))
    expect(take(queue, 3)).toBe('def')
  })

  test('shares nothing with another queue', () => {
    const [one, other] = [new ByteQueue(), new ByteQueue()]
    one.push(Buffer.from('abc'))
    expect(other.length).toBe(0)
    other.push(Buffer.from('x'))
    expect(take(other, 1)).toBe('x')
    expect(take(one, 3)).toBe('abc')
  })
})
