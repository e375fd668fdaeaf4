/** Which classes of a résumé are worth warming up, and in which order. Pure. */
import type { RequestClass, Resume, Skill } from '@resumelb/protocol'

/**
 * The share of recent requests that the chosen classes have together. A worker has served others
 * now and then, for workers that were busy: loading them as well would push out of its caches what
 * it is the home of.
 */
const coverage = 0.95

/** Requests, fading, of a class that the worker has served lately. */
const leastCount = 1

/**
 * The classes with the most requests lately, at most `most` of them, in the order of the work that
 * they have caused: requests × seconds. The count of a class decays over about a thousand requests;
 * its rate over two seconds, which is noise for a class that is requested once a minute.
 */
export function hottestClasses(resume: Resume, most: number): RequestClass[] {
  return byWork(covering(resume).slice(0, most))
}

/** The classes that are not worth it, however many may be warmed up. */
export function rareClasses(resume: Resume): RequestClass[] {
  const frequent = new Set(covering(resume).map(([requestClass]) => requestClass))
  return [...resume.keys()].filter((requestClass) => !frequent.has(requestClass))
}

/** Those with the most requests first. */
function covering(resume: Resume): [RequestClass, Skill][] {
  const byCount = [...resume].sort(([, one], [, other]) => other.count - one.count)
  const all = byCount.reduce((sum, [, { count }]) => sum + count, 0)
  let covered = 0
  const end = byCount.findIndex(([, { count }]) => {
    if (covered >= coverage * all) return true
    covered += count
    return false
  })
  return end < 0 ? byCount : byCount.slice(0, end)
}

/**
 * The classes that the worker has served more than once lately, in the same order: their clients
 * would meet a cold cache elsewhere.
 */
export function servedClasses(resume: Resume, most: number): RequestClass[] {
  return byWork([...resume].filter(([, { count }]) => count >= leastCount)).slice(0, most)
}

function byWork(entries: readonly (readonly [RequestClass, Skill])[]): RequestClass[] {
  return [...entries]
    .sort(([, one], [, other]) => other.count * other.seconds - one.count * one.seconds)
    .map(([requestClass]) => requestClass)
}
