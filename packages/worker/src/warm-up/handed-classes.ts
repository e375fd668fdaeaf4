/** Classes in the form in which they go to other workers. Pure. */
import type { HandedClass, RequestClass, Resume, SampleRequest } from '@resumelb/protocol'

/**
 * With the requests that fill the caches for them. Classes without requests are left out, unless
 * workers know another way to get warm.
 */
export function handedClasses(
  classes: readonly RequestClass[],
  resume: Resume,
  requestsOf: ((requestClass: RequestClass) => readonly SampleRequest[]) | undefined,
): HandedClass[] {
  return classes.flatMap((requestClass) => {
    const skill = resume.get(requestClass)
    const requests = requestsOf?.(requestClass) ?? []
    if (skill === undefined || (requestsOf !== undefined && requests.length === 0)) return []
    return { requestClass, seconds: skill.seconds, requests, rate: skill.rate }
  })
}
