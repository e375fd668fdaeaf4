/** Polls a worker until load balancers are connected to it. */
import { type Address, formatAddress } from '@resumelb/common'
import { counted } from '@resumelb/common/cli'
import type { DialTls } from '@resumelb/protocol'
import { getResume, type WorkerFacts } from '../get-resume.ts'

/** The answer of a worker. */
export interface Answer {
  readonly address: string
  /** Absent if there was no answer. */
  readonly facts?: WorkerFacts
  /** Why there is no answer, or what is still missing. */
  readonly error?: string
}

/** How long to wait, and for what. */
export interface Wait {
  /** Milliseconds until the worker must be ready and connected. */
  readonly duration: number
  /** Load balancers that must be connected. */
  readonly balancers: number
  /** Milliseconds for each answer of the worker. */
  readonly timeout: number
  /** How to connect by TLS; without it, connections are not encrypted. */
  readonly tls?: DialTls | undefined
}

/** Milliseconds between two polls. */
const interval = 100

/** Polls a worker once. */
export async function askWorker(address: Address, timeout: number, tls?: DialTls): Promise<Answer> {
  try {
    return { address: formatAddress(address), facts: await getResume(address, timeout, tls) }
  } catch (error) {
    return { address: formatAddress(address), error: (error as Error).message }
  }
}

/** Polls until the worker is ready, or the time is over: then `error` says what is missing. */
export async function awaitBalancers(address: Address, wait: Wait): Promise<Answer> {
  const deadline = performance.now() + wait.duration
  for (;;) {
    const left = Math.max(shortestAnswer, deadline - performance.now())
    const answer = await askWorker(address, Math.min(wait.timeout, left), wait.tls)
    const missing = answer.facts ? missingOf(answer.facts, wait.balancers) : answer.error
    if (missing === undefined) return answer
    if (performance.now() + interval > deadline) {
      const error = `waited ${wait.duration / 1000} s for ${answer.address}: ${missing}`
      return { ...answer, error }
    }
    await new Promise((resolve) => setTimeout(resolve, interval))
  }
}

/** Minimum milliseconds for the last answer. */
const shortestAnswer = 1000

/** What a worker lacks before the next one may be restarted; undefined if nothing. */
function missingOf({ load, balancers }: WorkerFacts, wanted: number): string | undefined {
  if (balancers === undefined) {
    return 'its release does not tell how many load balancers are connected'
  }
  if (balancers < wanted) return `${balancers} of ${counted(wanted, 'load balancer')} connected`
  if (load.state === 'ready') return undefined
  const { warmUp } = load
  return `it is ${load.state}${warmUp ? ` (${warmUp.done}/${warmUp.total})` : ''}`
}
