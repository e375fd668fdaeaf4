import { beforeEach, describe, expect, test } from 'vitest'
import { Stream } from '../src/stream.ts'
import type { StreamOwner } from '../src/stream-owner.ts'
import { StreamTable } from '../src/stream-table.ts'

const last = 0xffff_ffff
const badStream = expect.objectContaining({ code: 'BAD_STREAM' })
const windows = { send: 1, receive: 1 }
const stream = (id: number) => new Stream(id, undefined, {} as StreamOwner, windows)

describe('StreamTable', () => {
  let table: StreamTable

  beforeEach(() => {
    table = new StreamTable()
  })

  test('numbers streams upwards from 1', () => {
    expect([table.nextId(), table.nextId(), table.nextId()]).toEqual([1, 2, 3])
  })

  test('goes round after the highest id, leaving out 0 and those in use', () => {
    table.add(stream(1))
    table.add(stream(2))
    const late = new StreamTable(last - 1)
    late.add(stream(1))
    expect([late.nextId(), late.nextId(), late.nextId()]).toEqual([last, 2, 3])
  })

  test('lets the peer open ids that are ahead, leaving out any', () => {
    for (const id of [1, 2, 5, 0x8000_0000, last]) table.openedByPeer(id)
    table.openedByPeer(3)
    expect(() => table.openedByPeer(3)).toThrow(badStream)
  })

  test.each([
    ['0', 0],
    ['the last one again', 7],
    ['one that is behind', 6],
    ['one that is so far ahead that it is behind', 7 + 0x8000_0000],
    ['one in use', 9],
  ])('does not let the peer open %s', (_rule, id) => {
    table.openedByPeer(7)
    table.add(stream(9))
    expect(() => table.openedByPeer(id)).toThrow(badStream)
  })

  test('finds what is open and nothing else', () => {
    const open = stream(table.nextId())
    table.add(open)
    expect(table.open(1)).toBe(open)
    expect(table.openOrPast(1)).toBe(open)
    table.remove(open)
    expect(() => table.open(1)).toThrow(badStream)
    expect(table.openOrPast(1)).toBeUndefined()
  })

  test.each([0, 2, 1000])('knows that stream %d has not been', (id) => {
    table.nextId()
    expect(() => table.openOrPast(id)).toThrow(badStream)
  })

  test('knows ids from before it went round as past', () => {
    const late = new StreamTable(last - 1)
    late.nextId()
    late.nextId()
    expect(late.openOrPast(last)).toBeUndefined()
    expect(() => late.openOrPast(2)).toThrow(badStream)
  })

  test('empties itself once', () => {
    table.add(stream(1))
    table.add(stream(2))
    expect(table.clear().map(({ id }) => id)).toEqual([1, 2])
    expect(table.clear()).toEqual([])
    expect(table.size).toBe(0)
  })
})
