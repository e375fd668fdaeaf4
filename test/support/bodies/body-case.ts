/** Requests with bodies, and what a handler does with them: what the property of bodies varies. */
import fc from 'fast-check'

/** How a client sends its request. */
export interface SentBody {
  readonly framing: 'length' | 'chunked'
  /** Bytes of the body. */
  readonly size: number
  /** Sizes of the pieces in which the message is written, in turn. */
  readonly cuts: readonly number[]
  readonly hasTrailers: boolean
  /** The part of the message after which the client leaves; 1: it waits for its answer. */
  readonly leavesAfter: number
}

export const readerNames = [
  ...['none', 'data', 'hex', 'readable', 'sized', 'iterate', 'pipe', 'pipeline', 'text', 'web'],
  'twice',
] as const
export type ReaderName = (typeof readerNames)[number]

/** What a handler does. */
export interface Plan {
  /** Milliseconds before it looks at the body; 0: in the call itself. */
  readonly delay: number
  readonly reader: ReaderName
  /** Bytes of a piece that the reader `sized` asks for. */
  readonly pieceSize: number
  /** The part of the body after which it stops reading; 1: never. */
  readonly stopsAfter: number
  /** What it does then. */
  readonly stop: 'pause' | 'destroy'
  /** Whether it rests for a moment now and then. */
  readonly rests: boolean
  /** Before it reads, after it has, or never. */
  readonly answers: 'first' | 'last' | 'never'
}

export interface BodyCase {
  readonly body: SentBody
  readonly plan: Plan
}

/** Around sizes at which something changes: frames, high-water marks, windows. */
const edges = [16_384, 65_536, 131_072, 262_144].flatMap((size) => [size - 1, size, size + 1])

const sizes = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 5, ...edges) },
  { weight: 3, arbitrary: fc.nat({ max: 20_000 }) },
  { weight: 3, arbitrary: fc.nat({ max: 500_000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 5_000_000 }) },
)

/** A part of something, most often all of it. */
const parts = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
)

const bodies: fc.Arbitrary<SentBody> = fc.record({
  framing: fc.constantFrom('length', 'chunked'),
  size: sizes,
  cuts: fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 200_000 })), {
    minLength: 1,
    maxLength: 4,
  }),
  hasTrailers: fc.boolean(),
  leavesAfter: parts,
})

const plans: fc.Arbitrary<Plan> = fc.record({
  delay: fc.constantFrom(0, 1, 20),
  reader: fc.constantFrom(...readerNames),
  pieceSize: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 400_000 })),
  stopsAfter: parts,
  stop: fc.constantFrom('pause', 'destroy'),
  rests: fc.boolean(),
  answers: fc.constantFrom('first', 'last', 'last', 'never'),
})

export const bodyCases: fc.Arbitrary<BodyCase> = fc.record({ body: bodies, plan: plans })

/** Bytes that differ from place to place, for bodies of up to 5 MB. */
const pattern = Buffer.alloc(5_000_000)
for (let at = 0; at < pattern.length; at += 4) pattern.writeUInt32LE((at * 2_654_435_761) >>> 0, at)

export function bytesOf({ size }: SentBody): Buffer {
  return pattern.subarray(0, size)
}
