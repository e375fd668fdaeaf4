import type { HandedClass } from '@resumelb/protocol'

/** What a class costs the worker that serves all of its requests, in seconds of work per second. */
export function workOf({ seconds, rate = 0 }: HandedClass): number {
  return seconds * rate
}
