/** Which classes of a résumé are worth warming up, and in which order. Pure. */
import type { RequestClass, Resume } from '@resumelb/protocol'

/**
 * The share of recent requests that the chosen classes have together. A worker has served others
 * now and then, for workers that were busy: loading them as well would push out of its caches what
 * it is the home of.
 */
const coverage = 0.95

/**
 * The classes with the most requests lately, at most `most` of them, in the order of the work that
 * they have caused: requests × seconds. The count of a class decays over about a thousand requests;
 * its rate over two seconds, which is noise for a class that is requested once a minute.
 */
export function hottestClasses(resume: Resume, most: number): RequestClass[] {
  const byCount = [...resume].sort(([, one], [, other]) => other.count - one.count)
  const all = byCount.reduce((sum, [, { count }]) => sum + count, 0)
  const chosen: typeof byCount = []
  let covered = 0
  for (const entry of byCount) {
    if (covered >= coverage * all || chosen.length >= most) break
    chosen.push(entry)
    covered += entry[1].count
  }
  return chosen
    .sort(([, one], [, other]) => other.count * other.seconds - one.count * one.seconds)
    .map(([requestClass]) => requestClass)
}
