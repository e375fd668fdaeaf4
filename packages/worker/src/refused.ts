/** The handler of requests that are refused: it ignores the rest of them. */
import type { StreamHandler } from '@resumelb/protocol'

export const refused: StreamHandler = {
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onDrain: () => undefined,
}
