/** Peers that send as much as they can of what costs them little. */
import { describe, expect, test } from 'vitest'
import { frameFlags, frameTypes } from '../../src/frame.ts'
import { pack } from '../../src/packed.ts'
import { packHello } from '../../src/preface.ts'
import { maxReportedClasses } from '../../src/resume-inbox.ts'
import { memoryPair } from '../../src/testing/memory-pair.ts'
import { openEnd, turns, until } from '../support/ends.ts'
import { frame } from '../support/frame-text.ts'
import {
  balancerIdentity,
  limits,
  responseHead,
  skill,
  workerHello,
  workerIdentity,
} from '../support/samples.ts'

const { HELLO, PING, REQUEST, RESUME } = frameTypes
const nothing = Buffer.alloc(0)

function play(identity: typeof workerIdentity) {
  const [ours, peer] = memoryPair()
  const end = openEnd(ours, { identity })
  const sent: Buffer[] = []
  peer.on('data', (chunk: Buffer) => sent.push(chunk))
  return { end, peer, sentLength: () => sent.reduce((sum, chunk) => sum + chunk.length, 0) }
}

const workerSays = packHello({ ...workerIdentity, limits, worker: workerHello })

describe('a flood of tiny frames', () => {
  test('stops being read in this turn of the event loop, and is answered once', async () => {
    const { end, peer, sentLength } = play(balancerIdentity)
    peer.write(frame(HELLO, 0, 0, workerSays))
    await until(() => end.heard.hellos.length > 0)
    await turns(20)
    const before = sentLength()
    peer.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame(PING, 0, 0, nothing))))
    await until(() => sentLength() > before)
    await turns(20)
    expect(sentLength() - before).toBe(10)
    expect(end.socket.isPaused()).toBe(false)
    expect(end.connection.isOver).toBe(false)
  })
})

describe('a résumé', () => {
  const classes = (count: number, from = 0) =>
    new Map(Array.from({ length: count }, (_, at) => [`c${from + at}`, [1, 0.5, 2, 0.25]]))

  test('that is long is told in slices, whatever comes behind it', async () => {
    const { end, peer } = play(balancerIdentity)
    peer.write(frame(HELLO, 0, 0, workerSays))
    peer.write(frame(RESUME, frameFlags.WHOLE, 0, pack(classes(2_500))))
    peer.write(frame(RESUME, 0, 0, pack(classes(3, 10_000))))
    await until(() => end.heard.resumes.length === 4)
    const told = end.heard.resumes.map(({ changes, isWhole }) => [changes.size, isWhole])
    expect(told).toEqual([
      [1_000, true],
      [1_000, false],
      [500, false],
      [3, false],
    ])
    expect(end.socket.isPaused()).toBe(false)
  })

  test('that is announced to be longer than anybody can use ends the connection', async () => {
    const { end, peer } = play(balancerIdentity)
    const hello = {
      ...workerIdentity,
      limits,
      worker: workerHello,
      moreSkills: maxReportedClasses + 1,
    }
    peer.write(frame(HELLO, 0, 0, packHello(hello)))
    await until(() => end.heard.closes.length > 0)
    expect(end.heard.closes[0]?.code).toBe('LIMIT_EXCEEDED')
    expect(end.heard.hellos).toEqual([])
  })
})

describe('the rest of a long résumé', () => {
  test('is sent after the HELLO of the peer, and not before', async () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `class-${at}`)
    const resume = new Map(names.map((name) => [name, skill]))
    const worker = { ...workerHello, resume }
    const { peer, sentLength } = play({ ...workerIdentity, worker })
    await until(() => sentLength() > 0)
    await turns(50)
    const before = sentLength()
    peer.write(frame(HELLO, 0, 0, packHello({ ...balancerIdentity, limits })))
    await until(() => sentLength() > 1.5 * before)
  })
})

describe('a window', () => {
  test('is believed up to a limit, however great the peer says it is', async () => {
    const { end, peer, sentLength } = play(workerIdentity)
    const window = 2 ** 31
    peer.write(
      frame(HELLO, 0, 0, packHello({ ...balancerIdentity, limits: { ...limits, window } })),
    )
    end.heard.answer = (stream) => {
      stream.respond(responseHead)
      stream.write(Buffer.alloc(4 * 1024 * 1024))
    }
    const head = pack(['GET', '/', 'Host\na', 'a', 'id', '192.0.2.7', 1, false, '1.1'])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(head.length)
    peer.write(frame(REQUEST, frameFlags.END, 1, Buffer.concat([length, head])))
    await until(() => end.connection.queuedLength === 3 * 1024 * 1024)
    await turns(20)
    expect(sentLength()).toBeLessThan(1.1 * 1024 * 1024)
  })
})
