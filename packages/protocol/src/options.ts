/** Settings of a connection: their meaning, defaults and ranges. */
import {
  defaultsOf,
  type GivenOptions,
  OptionError,
  type OptionValues,
  resolveOptions,
} from '@resumelb/common'

/** All times in milliseconds. Whole numbers are sent to the peer. */
export const connectionTable = {
  window: {
    default: 65_536,
    min: 1_024,
    max: 67_108_864,
    whole: true,
    unit: 'bytes',
    help: 'Bytes of one body, per direction, that this side holds at most for a slow reader',
  },
  maxStreams: {
    default: 16_384,
    min: 1,
    max: 1_000_000,
    whole: true,
    help: 'Streams that this side lets the peer keep open at once',
  },
  helloTimeout: {
    default: 5_000,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
    help: "How long to wait for the peer's HELLO",
  },
  pingAfter: {
    default: 3_000,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
    help: 'Silence after which this side asks whether the peer is there',
  },
  silenceTimeout: {
    default: 10_000,
    min: 20,
    max: 3_600_000,
    unit: 'ms',
    help: 'Silence after which the peer is given up; above pingAfter, and sensibly twice as long',
  },
} as const

/** Settings of a connection: see {@link connectionTable}. All times in milliseconds. */
export type ConnectionOptions = GivenOptions<typeof connectionTable>

export const defaultConnectionOptions: OptionValues<typeof connectionTable> =
  defaultsOf(connectionTable)

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad option. */
export function resolveConnectionOptions(
  options: ConnectionOptions,
): OptionValues<typeof connectionTable> {
  const resolved = resolveOptions(connectionTable, options)
  const { pingAfter, silenceTimeout } = resolved
  if (silenceTimeout <= pingAfter) {
    throw new OptionError('silenceTimeout', `above pingAfter (${pingAfter})`, silenceTimeout)
  }
  return resolved
}
