/** How busy the processor cores of this machine are, with any processes. */
import { cpus } from 'node:os'

export interface ProcessorTimes {
  /** Milliseconds of all cores since the machine was started. */
  readonly idle: number
  readonly total: number
}

export function processorTimes(): ProcessorTimes {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { idle, total }
}

/** The part of the time between two readings, from 0 to 1, that the cores had something to do. */
export function busyPart(before: ProcessorTimes, after: ProcessorTimes): number {
  const total = after.total - before.total
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total
}
