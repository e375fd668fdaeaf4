import { beforeEach, describe, expect, test } from 'vitest'
import { BegunClasses } from '../../../../src/pool/wrappers/share/begun-classes.ts'
import { Holder } from '../../../../src/pool/wrappers/share/holder.ts'

describe('BegunClasses', () => {
  let group: Holder<string>
  let begun: BegunClasses<string>

  beforeEach(() => {
    group = new Holder('')
    begun = new BegunClasses(new Holder('', group))
  })

  test('holds one slot of a worker until it has ended the last class', () => {
    begun.begin('a', 'w1')
    begun.begin('b', 'w1')
    begun.begin('a', 'w2')
    expect([...group.workers()]).toEqual(['w1', 'w2'])
    begun.end('a', 'w1')
    begun.end('unheard of', 'w1')
    expect(group.requests).toBe(2)
    begun.end('b', 'w1')
    expect([...group.workers()]).toEqual(['w2'])
  })

  test('holds no slot of a worker that has left', () => {
    begun.begin('a', 'w1')
    begun.begin('b', 'w1')
    begun.leave('w1')
    begun.leave('w1')
    begun.end('a', 'w1')
    expect(group.requests).toBe(0)
  })

  test('remembers at most 1,024 classes of a worker', () => {
    for (let i = 0; i < 5000; i++) begun.begin(`${i}`, 'w1')
    for (let i = 0; i < 1024; i++) begun.end(`${i}`, 'w1')
    expect(group.requests).toBe(0)
  })
})
