import { ManualClock } from '@resumelb/common/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { closeGracefully } from '../src/close-gracefully.ts'
import { type MemorySocket, memoryPair } from '../src/testing/memory-pair.ts'
import { turn } from './support/fake-socket.ts'

describe('closeGracefully', () => {
  let clock: ManualClock
  let ours: MemorySocket
  let theirs: MemorySocket

  beforeEach(() => {
    clock = new ManualClock()
    ;[ours, theirs] = memoryPair()
  })

  const turns = async () => {
    for (let i = 0; i < 20; i++) await turn()
  }

  test('lets the peer read everything, and then closes with it', async () => {
    let got = ''
    theirs.on('data', (chunk) => {
      got += chunk
    })
    ours.write('last words')
    closeGracefully(ours, 5000, clock)
    await turns()
    expect(got).toBe('last words')
    expect(ours.destroyed).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('throws away what the peer still sends', async () => {
    theirs.write(Buffer.alloc(100_000))
    closeGracefully(ours, 5000, clock)
    theirs.resume()
    await turns()
    expect(ours.readableLength).toBe(0)
    expect(ours.destroyed).toBe(true)
  })

  test('destroys the socket of a peer that does not close', async () => {
    closeGracefully(ours, 5000, clock)
    await turns()
    expect(ours.destroyed).toBe(false)
    await clock.advance(1000)
    expect(ours.destroyed).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('destroys the socket of a peer that does not read, after a longer time', async () => {
    for (let i = 0; i < 10; i++) ours.write(Buffer.alloc(100_000))
    closeGracefully(ours, 5000, clock)
    await clock.advance(4999)
    expect(ours.destroyed).toBe(false)
    await clock.advance(1)
    expect(ours.destroyed).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('leaves a socket alone that is gone already', () => {
    ours.destroy()
    closeGracefully(ours, 5000, clock)
    expect(clock.pending).toBe(0)
  })
})
