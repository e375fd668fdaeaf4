/** In which state a worker is, in one word for people. Pure. */
import type { WorkerStatus } from '../worker-status.ts'

export interface StateLabel {
  readonly text: string
  readonly tone: 'good' | 'pending' | 'bad'
}

export function stateOf(worker: WorkerStatus, time: string): StateLabel {
  const { state, warmUp, handingOver, isHeld, isInMaintenance, ejectedUntil, backlog } = worker
  if (state === 'connecting') return { text: 'connecting', tone: 'bad' }
  if (state === 'waiting') return { text: 'unreachable', tone: 'bad' }
  if (handingOver !== null) return { text: `handing over ${handingOver}`, tone: 'pending' }
  if (isHeld) return { text: backlog > 0 ? 'draining' : 'drained', tone: 'pending' }
  if (isInMaintenance) return { text: 'maintenance', tone: 'pending' }
  if (ejectedUntil !== null && ejectedUntil > time) return { text: 'ejected', tone: 'bad' }
  if (state === 'unresponsive') return { text: state, tone: 'bad' }
  if (state === 'ready') return { text: 'ready', tone: 'good' }
  const progress = warmUp ? ` ${warmUp.done}/${warmUp.total}` : ''
  return { text: `${state}${progress}`, tone: 'pending' }
}
