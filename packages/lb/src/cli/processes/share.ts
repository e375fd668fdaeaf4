/** Which of the sockets of all processes one of them listens at. Pure. */
import type { PassedSocket } from '../restart/inheritance.ts'

/**
 * The sockets for the process `number` of `count`, from 1 on. Where there are as
 * many sockets for an address as processes, each has its own; of more it has several, so that none is
 * without a process; fewer are shared.
 */
export function shareOf(
  sockets: readonly PassedSocket[],
  number: number,
  count: number,
): PassedSocket[] {
  const keys = new Set(sockets.map(({ key }) => key))
  return [...keys].flatMap((key) => {
    const own = sockets.filter((socket) => socket.key === key)
    const index = number - 1
    return own.length >= count
      ? own.filter((_, at) => at % count === index)
      : own.filter((_, at) => at === index % own.length)
  })
}
