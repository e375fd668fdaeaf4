/**
 * Fills one worker before it uses the next, so that at quiet times the last ones may be switched off.
 *
 *     resumelb --pool ./fill-first-pool.js#createFillFirstPool 127.0.0.1:8001 127.0.0.1:8002
 */
import { OptionError, PolicyPool } from '@resumelb/lb'

/** @param {Readonly<Record<string, unknown>>} settings `fill`: requests per slot of a full worker */
export function createFillFirstPool(settings) {
  const fill = Number(settings.fill ?? 1)
  if (!(fill > 0)) throw new OptionError('fill', 'above 0', settings.fill)
  return new PolicyPool({
    choose(_pick, members, avoid) {
      const usable = members.usable(avoid)
      return usable.find((member) => load(member) < fill) ?? usable.toSorted(byLoad)[0]
    },
  })
}

/** @param {import('@resumelb/lb').Member<unknown>} member */
const load = ({ backlog, traits }) => backlog / traits.concurrency

/** @type {(a: Parameters<load>[0], b: Parameters<load>[0]) => number} */
const byLoad = (a, b) => load(a) - load(b)
