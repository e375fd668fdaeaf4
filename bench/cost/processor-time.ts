/** The processor time that processes have used, from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds of one tick of /proc: every Linux that Node runs on tells 100 a second. */
const tick = 10_000

/** Microseconds, the kernel's part included, that a process and its children have used. */
export function processorTime(pid: number): number {
  const all = new Map<number, { parent: number; ticks: number }>()
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? readStat(name) : undefined
    if (found !== undefined) all.set(Number(name), found)
  }
  let ticks = 0
  for (const [id, stat] of all) {
    if (id === pid || stat.parent === pid) ticks += stat.ticks
  }
  return ticks * tick
}

function readStat(pid: string): { parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program, in brackets, may contain anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    // It has ended in the meantime.
    return undefined
  }
}
