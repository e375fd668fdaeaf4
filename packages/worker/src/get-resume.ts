/** Asks a worker for its résumé: the worker's HELLO holds it. */
import {
  type Address,
  Connection,
  dial,
  formatAddress,
  type Hello,
  type Load,
  ProtocolError,
  type Resume,
} from '@resumelb/protocol'
import { software } from './software.ts'

/** What a worker says of itself. */
export interface WorkerFacts {
  readonly description: string
  readonly version: string
  readonly software: string
  readonly load: Load
  readonly resume: Resume
}

/** Milliseconds to wait for a worker's answer. */
export const defaultResumeTimeout = 5_000

/**
 * Reads a worker's résumé within `timeout` milliseconds. Rejects with a {@link ProtocolError} if the
 * worker cannot be reached, does not answer, or is no worker.
 */
export async function getResume(
  address: Address,
  timeout: number = defaultResumeTimeout,
): Promise<WorkerFacts> {
  const deadline = performance.now() + timeout
  const socket = await dial(address, timeout)
  return new Promise((resolve, reject) => {
    const connection = new Connection(
      socket,
      { role: 'monitor', software, id: `monitor-${process.pid}` },
      {
        onHello: (hello) => {
          resolve(factsOf(hello))
          connection.close()
        },
        onClose: (reason) => reject(withAddress(reason, address)),
      },
      { helloTimeout: Math.max(10, deadline - performance.now()) },
    )
    // Its timers would let the process end, but somebody waits for the answer.
    socket.ref()
  })
}

function factsOf(hello: Hello): WorkerFacts {
  const { worker } = hello
  if (!worker) throw new ProtocolError('NOT_RESUMELB', 'the peer is no worker')
  const { description, version, load, resume } = worker
  return { description, version, load, resume, software: hello.software }
}

function withAddress(reason: ProtocolError, address: Address): ProtocolError {
  const message = `${formatAddress(address)} gave no résumé: ${reason.message}`
  return new ProtocolError(reason.code, message, { cause: reason })
}
