import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameDecoder } from '../../src/decode.ts'
import type { ResetCode } from '../../src/errors.ts'
import { frameTypes, headPrefixLength } from '../../src/frame.ts'
import type { ResponseHead, StreamEnd } from '../../src/message.ts'
import type { Stream } from '../../src/stream.ts'
import type { StreamHandler } from '../../src/stream-handler.ts'
import { type MemorySocket, memoryPair } from '../../src/testing/memory-pair.ts'
import { type End, EndRecorder, openEnd, turns } from '../support/ends.ts'
import { turn } from '../support/fake-socket.ts'
import { balancerIdentity, requestHead, responseHead, workerIdentity } from '../support/samples.ts'

type Side = 'balancer' | 'worker'

const windows = { balancer: 3000, worker: 1100 } as const
const other = (side: Side): Side => (side === 'balancer' ? 'worker' : 'balancer')

const longest = 20_000

/** Repeats itself after 256 bytes; longer than any piece, wherever that begins in it. */
const pattern: Buffer = Buffer.from(Array.from({ length: 256 + longest }, (_, i) => (i * 7) & 0xff))

/** A piece of the body that a side writes on a stream: other streams have others at each place. */
const bodyPiece = (id: number, side: Side, from: number, length: number): Buffer => {
  const start = (from + id * 31 + (side === 'worker' ? 128 : 0)) & 0xff
  return pattern.subarray(start, start + length)
}

/** What one side has done with one stream, and heard of it. */
class Half implements StreamHandler {
  readonly side: Side
  readonly id: number
  stream: Stream | undefined
  written = 0
  heard = 0
  consumed = 0
  hasHead: boolean
  hasEnded = false
  hasReset = false
  heardHead = false
  heardEnd = 0
  heardReset = 0
  /** Credit that this side has sent, and body bytes, as seen on the wire. */
  creditSent = 0
  bodySent = 0

  constructor(side: Side, id: number) {
    this.side = side
    this.id = id
    this.hasHead = side === 'balancer'
  }

  /** The next bytes of this side's body. */
  next(length: number): Buffer {
    const from = this.written
    this.written += length
    return bodyPiece(this.id, this.side, from, length)
  }

  onResponse(_head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    expect(this.heardHead).toBe(false)
    this.heardHead = true
    if (body) this.onData(body)
    if (end) this.onEnd()
  }

  onData(chunk: Buffer): void {
    this.#expectListening()
    const expected = bodyPiece(this.id, other(this.side), this.heard, chunk.length)
    expect(chunk.equals(expected)).toBe(true)
    this.heard += chunk.length
  }

  onEnd(): void {
    this.#expectListening()
    this.heardEnd++
  }

  onReset(_code: ResetCode): void {
    expect([this.hasReset, this.heardReset]).toEqual([false, 0])
    this.heardReset++
  }

  onDrain(): void {
    expect(this.hasReset || this.heardReset > 0).toBe(false)
  }

  #expectListening(): void {
    expect([this.hasReset, this.heardReset, this.heardEnd]).toEqual([false, 0, 0])
  }
}

/** Two connections, every stream of which both sides keep books about. */
class World {
  readonly halves: Record<Side, Map<number, Half>> = { balancer: new Map(), worker: new Map() }
  readonly sockets: Record<Side, MemorySocket>
  readonly ends: Record<Side, End>

  constructor() {
    const taps = { balancer: this.#tap('balancer'), worker: this.#tap('worker') }
    const [left, right] = memoryPair({
      isManual: true,
      tap: (socket, bytes) => (socket === left ? taps.balancer : taps.worker)(bytes),
    })
    this.sockets = { balancer: left, worker: right }
    const handler = new EndRecorder()
    handler.onRequest = (stream, _head, body, isWhole) => {
      const half = this.half('worker', stream.id)
      half.stream = stream
      if (body) half.onData(body)
      if (isWhole) half.onEnd()
      return half
    }
    this.ends = {
      balancer: openEnd(left, {
        identity: balancerIdentity,
        options: { window: windows.balancer },
      }),
      worker: openEnd(right, {
        identity: workerIdentity,
        options: { window: windows.worker },
        handler,
      }),
    }
  }

  half(side: Side, id: number): Half {
    const all = this.halves[side]
    const half = all.get(id) ?? new Half(side, id)
    all.set(id, half)
    return half
  }

  /** One of the streams that a side knows of; any number will do. */
  pick(side: Side, number: number): Half | undefined {
    const all = [...this.halves[side].values()].filter(({ stream }) => stream !== undefined)
    return all[number % all.length]
  }

  open(length: number, isWhole: boolean): void {
    const half = new Half('balancer', this.halves.balancer.size + 1)
    this.halves.balancer.set(half.id, half)
    const body = length === 0 ? undefined : half.next(length)
    half.hasEnded = isWhole
    half.stream = this.ends.balancer.connection.request(requestHead, body, isWhole, half)
    expect(half.stream.id).toBe(half.id)
  }

  respond(half: Half, length: number, isWhole: boolean): void {
    if (half.hasHead || half.hasReset || half.heardReset > 0) return
    half.hasHead = true
    half.hasEnded = isWhole
    const body = length === 0 ? undefined : half.next(length)
    half.stream?.respond(responseHead, body, isWhole ? { trailers: '' } : undefined)
  }

  write(half: Half, length: number): void {
    if (!half.hasHead || half.hasEnded || half.hasReset || half.heardReset > 0) return
    half.stream?.write(half.next(length))
  }

  consume(half: Half, most: number): void {
    const bytes = Math.min(most, half.heard - half.consumed)
    half.consumed += bytes
    half.stream?.consumed(bytes)
  }

  end(half: Half): void {
    if (!half.hasHead || half.hasReset || half.heardReset > 0) return
    half.hasEnded = true
    half.stream?.end()
  }

  reset(half: Half): void {
    half.stream?.reset('FAILED')
    half.hasReset = true
  }

  /** Bytes that all readers have used up. */
  get consumed(): number {
    return this.#all().reduce((sum, half) => sum + half.consumed, 0)
  }

  consumeAll(): void {
    for (const half of this.#all()) this.consume(half, half.heard)
  }

  /** Lets everything arrive that is under way, and what that brings about. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      for (const side of ['balancer', 'worker'] as const) {
        if (this.sockets[side].transitLength > 0) quiet = 0
        this.sockets[side].deliver()
      }
      await turn()
    }
  }

  check(): void {
    for (const side of ['balancer', 'worker'] as const) {
      expect(this.ends[side].heard.closes).toEqual([])
      for (const half of this.halves[side].values()) {
        const window = windows[side]
        const peer = this.half(other(side), half.id)
        expect(half.heard - half.consumed).toBeLessThanOrEqual(window)
        // Nothing is sent that credit does not cover, and no credit for what is not consumed.
        expect(peer.bodySent).toBeLessThanOrEqual(window + half.creditSent)
        expect(half.creditSent).toBeLessThanOrEqual(half.consumed)
      }
    }
  }

  /** That no side keeps credit to itself that the other may want. */
  checkCredit(): void {
    for (const side of ['balancer', 'worker'] as const) {
      for (const half of this.halves[side].values()) {
        const isOpen = half.heardEnd === 0 && half.heardReset === 0 && !half.hasReset
        if (isOpen) expect(half.consumed - half.creditSent).toBeLessThan(windows[side] / 4)
      }
    }
  }

  /** That what was written has arrived, on all streams that neither end has reset. */
  checkArrived(): void {
    for (const [id, half] of this.halves.balancer) {
      const peer = this.half('worker', id)
      if (half.hasReset || peer.hasReset) continue
      for (const [from, to] of [
        [half, peer],
        [peer, half],
      ] as const) {
        expect(to.heard).toBe(from.written)
        expect(to.heardEnd).toBe(from.hasEnded ? 1 : 0)
        expect(from.stream?.queuedBytes ?? 0).toBe(0)
      }
    }
  }

  #all(): Half[] {
    return [...this.halves.balancer.values(), ...this.halves.worker.values()]
  }

  #tap(side: Side): (bytes: Buffer) => void {
    const decoder = new FrameDecoder((type, _flags, id, bytes, start, end) => {
      const { REQUEST, RESPONSE, DATA, CREDIT } = frameTypes
      if (id === 0) return
      const half = this.half(side, id)
      if (type === CREDIT) half.creditSent += bytes.readUInt32BE(start)
      if (type === DATA) half.bodySent += end - start
      if (type === REQUEST || type === RESPONSE) {
        half.bodySent += end - start - headPrefixLength - bytes.readUInt32BE(start)
      }
    })
    return (bytes) => decoder.push(bytes)
  }
}

type Step = (world: World) => void

const side = fc.constantFrom<Side>('balancer', 'worker')
const length = fc.oneof(fc.nat(50), fc.nat(2500), fc.constant(longest))
const onHalf = (
  name: string,
  act: (world: World, half: Half) => void,
  on: fc.Arbitrary<Side> = side,
) =>
  fc.record({ side: on, number: fc.nat(30) }).map((where): { name: string; step: Step } => ({
    name: `${name} ${where.side} ${where.number}`,
    step: (world) => {
      const half = world.pick(where.side, where.number)
      if (half) act(world, half)
    },
  }))

const anyStep: fc.Arbitrary<{ name: string; step: Step }> = fc.oneof(
  fc.tuple(length, fc.boolean()).map(([bytes, isWhole]) => ({
    name: `open ${bytes} ${isWhole}`,
    step: (world: World) => world.open(bytes, isWhole),
  })),
  fc.tuple(side, fc.oneof(fc.nat(40), fc.nat(5000), fc.constant(100_000))).map(([from, bytes]) => ({
    name: `deliver ${from} ${bytes}`,
    step: (world: World) => world.sockets[from].deliver(bytes),
  })),
  fc
    .tuple(length, fc.boolean())
    .chain(([bytes, isWhole]) =>
      onHalf(
        `respond ${bytes} ${isWhole}`,
        (world, half) => world.respond(half, bytes, isWhole),
        fc.constant('worker'),
      ),
    ),
  length.chain((bytes) => onHalf(`write ${bytes}`, (world, half) => world.write(half, bytes))),
  length.chain((bytes) => onHalf(`consume ${bytes}`, (world, half) => world.consume(half, bytes))),
  onHalf('end', (world, half) => world.end(half)),
  onHalf('reset', (world, half) => world.reset(half)),
)

describe('Two connections, whatever is done in whatever order,', () => {
  test('keep credit, bytes and streams in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 80, size: 'max' }), async (steps) => {
        const world = new World()
        await turns(2)
        await world.settle()
        for (const { step } of steps) {
          step(world)
          await turn()
          world.check()
        }

        // Everything arrives if everybody reads.
        for (let last = -1; last !== world.consumed; ) {
          last = world.consumed
          await world.settle()
          world.check()
          world.checkCredit()
          world.consumeAll()
        }
        world.checkArrived()

        // Every stream ends on both sides if one side wants it to.
        for (const half of world.halves.balancer.values()) world.reset(half)
        await world.settle()
        world.check()
        expect(world.ends.balancer.connection.openStreams).toBe(0)
        expect(world.ends.worker.connection.openStreams).toBe(0)

        // And no handler of theirs is called when the connection ends.
        world.ends.balancer.connection.close()
        await world.settle()
        expect(world.ends.worker.heard.closes.map(({ code }) => code)).toEqual(['CLOSED'])
      }),
      { numRuns: 60 },
    )
  })
})
