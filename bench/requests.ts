/** Requests over one connection, so many at once. */
import type { Connection, RequestHead } from '@resumelb/protocol'
import { ignore } from './sample.ts'

/**
 * Microseconds of processor time, user and system, per request: of `count` requests, `atOnce` at a
 * time, after some to warm up.
 */
export async function timePerRequest(
  connection: Connection,
  head: Omit<RequestHead, 'id'>,
  atOnce: number,
  count: number,
): Promise<number> {
  const run = (requests: number) =>
    new Promise<void>((resolve) => {
      let begun = 0
      let done = 0
      const next = () => {
        begun++
        const own = { ...head, id: `bench-${begun}` }
        connection.request(own, undefined, true, { ...ignore, onResponse })
      }
      const onResponse = () => {
        done++
        if (done === requests) resolve()
        else if (begun < requests) next()
      }
      for (let i = 0; i < atOnce; i++) next()
    })
  await run(count / 5)
  const before = process.cpuUsage()
  await run(count)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
