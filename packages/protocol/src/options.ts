/** Settings of a connection: their meaning, defaults and ranges. */
import { OptionError } from '@resumelb/common'

/** All times in milliseconds. */
export interface ConnectionOptions {
  /** Bytes of one body, per direction, that this side holds at most for a slow reader. */
  readonly window?: number
  /** Streams that this side lets the peer keep open at once. */
  readonly maxStreams?: number
  /** How long to wait for the peer's HELLO. */
  readonly helloTimeout?: number
  /** Silence after which this side asks whether the peer is there. */
  readonly pingAfter?: number
  /** Silence after which the peer is given up. Above `pingAfter`, and sensibly twice as long. */
  readonly silenceTimeout?: number
}

export const defaultConnectionOptions: Readonly<Required<ConnectionOptions>> = {
  window: 64 * 1024,
  maxStreams: 16_384,
  helloTimeout: 5_000,
  pingAfter: 3_000,
  silenceTimeout: 10_000,
}

const limits: Readonly<Record<keyof ConnectionOptions, readonly [min: number, max: number]>> = {
  window: [1_024, 64 * 1024 * 1024],
  maxStreams: [1, 1_000_000],
  helloTimeout: [10, 3_600_000],
  pingAfter: [10, 3_600_000],
  silenceTimeout: [20, 3_600_000],
}

/** Those that the peer is told, who refuses anything else. */
const wholeNumbers: ReadonlySet<keyof ConnectionOptions> = new Set(['window', 'maxStreams'])

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad option. */
export function resolveConnectionOptions(options: ConnectionOptions): Required<ConnectionOptions> {
  const resolved = { ...defaultConnectionOptions }
  for (const name of Object.keys(limits) as (keyof ConnectionOptions)[]) {
    const value = options[name]
    if (value === undefined) continue
    const [min, max] = limits[name]
    if (!(value >= min && value <= max)) {
      throw new OptionError(name, `from ${min} to ${max}`, value)
    }
    if (wholeNumbers.has(name) && !Number.isInteger(value)) {
      throw new OptionError(name, 'a whole number', value)
    }
    resolved[name] = value
  }
  const { pingAfter, silenceTimeout } = resolved
  if (silenceTimeout <= pingAfter) {
    throw new OptionError('silenceTimeout', `above pingAfter (${pingAfter})`, silenceTimeout)
  }
  return resolved
}
