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
    help: 'Maximum number of bytes of one body, per direction, buffered for a slow reader',
  },
  maxStreams: {
    default: 16_384,
    min: 1,
    max: 1_000_000,
    whole: true,
    help: 'Maximum number of streams that the peer may keep open',
  },
  helloTimeout: {
    default: 5_000,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
    help: 'Maximum time to wait for the HELLO of the peer',
  },
  pingAfter: {
    default: 3_000,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
    help: 'Time without a frame from the peer after which a PING is sent',
  },
  silenceTimeout: {
    default: 10_000,
    min: 20,
    max: 3_600_000,
    unit: 'ms',
    help: 'Time without a frame from the peer after which the connection ends; at least twice pingAfter is sensible',
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
