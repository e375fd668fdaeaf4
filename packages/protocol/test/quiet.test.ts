import { describe, expect, test } from 'vitest'
import { Quiet } from '../src/quiet.ts'
import { turns } from './support/ends.ts'

/**
 * What is in progress, as a test says; what is flushed stays with the kernel until {@link taken}.
 */
class FakeWork {
  openStreams = 0
  unsentLength = 0
  isOver = false
  flushes = 0
  readonly quiet: Quiet = new Quiet(this, (done) => {
    this.flushes++
    this.#done = done
  })
  #done: () => void = () => undefined

  taken(): void {
    this.unsentLength = 0
    this.#done()
  }

  /** Waits, and tells whether the wait is over. */
  wait(): { isOver: boolean } {
    const outcome = { isOver: false }
    this.quiet.wait().then(() => {
      outcome.isOver = true
    })
    return outcome
  }
}

describe('a connection', () => {
  test('is quiet at once if nothing is in progress', async () => {
    const wait = new FakeWork().wait()
    await turns()
    expect(wait.isOver).toBe(true)
  })

  test('is not quiet before the last stream has ended', async () => {
    const work = new FakeWork()
    work.openStreams = 2
    const wait = work.wait()
    for (const left of [1, 0]) {
      await turns()
      expect(wait.isOver).toBe(false)
      work.openStreams = left
      work.quiet.ended()
    }
    await turns()
    expect(wait.isOver).toBe(true)
  })

  test('is not quiet while bytes wait for the kernel', async () => {
    const work = new FakeWork()
    work.unsentLength = 1
    const wait = work.wait()
    await turns()
    expect([wait.isOver, work.flushes]).toEqual([false, 1])
    work.taken()
    await turns()
    expect(wait.isOver).toBe(true)
  })

  test('is not quiet if a stream was opened while bytes waited for the kernel', async () => {
    const work = new FakeWork()
    work.unsentLength = 1
    const wait = work.wait()
    await turns()
    work.openStreams = 1
    work.taken()
    await turns()
    expect(wait.isOver).toBe(false)
    work.openStreams = 0
    work.quiet.ended()
    await turns()
    expect(wait.isOver).toBe(true)
  })

  test('is quiet when it is over, whatever was in progress', async () => {
    const work = new FakeWork()
    work.unsentLength = 1
    const wait = work.wait()
    await turns()
    work.isOver = true
    work.quiet.ended()
    await turns()
    expect(wait.isOver).toBe(true)
  })

  test('can be waited for by several, and again', async () => {
    const work = new FakeWork()
    work.openStreams = 1
    const both = [work.wait(), work.wait()]
    work.openStreams = 0
    work.quiet.ended()
    await turns()
    expect(both).toEqual([{ isOver: true }, { isOver: true }])
    work.openStreams = 1
    const later = work.wait()
    await turns()
    expect(later.isOver).toBe(false)
  })
})
