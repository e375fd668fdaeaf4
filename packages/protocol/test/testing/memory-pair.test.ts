import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { type MemorySocket, memoryPair } from '../../src/testing/memory-pair.ts'

const collect = (socket: MemorySocket) => {
  const got: Buffer[] = []
  socket.on('data', (chunk: Buffer) => got.push(chunk))
  return () => Buffer.concat(got).toString('latin1')
}

describe('memoryPair', () => {
  test('carries what is written to the other side, both ways, and then its end', async () => {
    const [left, right] = memoryPair()
    const gotLeft = collect(left)
    const gotRight = collect(right)
    left.write('to the right')
    right.end('to the left')
    left.end()
    await Promise.all([once(left, 'close'), once(right, 'close')])
    expect(gotRight()).toBe('to the right')
    expect(gotLeft()).toBe('to the left')
  })

  test('delivers later, and a copy', async () => {
    const [left, right] = memoryPair()
    const got = collect(right)
    const bytes = Buffer.from('before')
    left.write(bytes)
    expect(got()).toBe('')
    await once(right, 'data')
    bytes.fill('x')
    expect(got()).toBe('before')
  })

  test('holds the writer back while the reader does not read', async () => {
    const [left, right] = memoryPair()
    let drained = false
    left.on('drain', () => {
      drained = true
    })
    const chunk = Buffer.alloc(20_000)
    while (left.write(chunk));
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    expect(drained).toBe(false)
    right.resume()
    await once(left, 'drain')
  })

  test('delivers as much as a test says, when it says so', async () => {
    const [left, right] = memoryPair({ isManual: true })
    const got = collect(right)
    left.write('abcdef')
    await new Promise(setImmediate)
    expect(got()).toBe('')
    left.deliver(2)
    await new Promise(setImmediate)
    expect(got()).toBe('ab')
    expect(left.transitLength).toBe(4)
    left.deliver()
    await new Promise(setImmediate)
    expect(got()).toBe('abcdef')
  })

  test('goes away with its other side', async () => {
    const [left, right] = memoryPair()
    left.destroy()
    await once(right, 'close')
    expect(right.destroyed).toBe(true)
  })

  test('shows a tap all that is written', () => {
    const seen: string[] = []
    const [left] = memoryPair({ tap: (socket, bytes) => seen.push(`${socket === left} ${bytes}`) })
    left.write('abc')
    expect(seen).toEqual(['true abc'])
  })
})
