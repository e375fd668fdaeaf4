/** Follows the events of the admin server, and connects again whenever it loses them. */
import { createParser } from 'eventsource-parser'
import type { HistoryStatus } from '../history-document.ts'
import type { AdminStatus, StatusChange } from '../status-document.ts'
import { ask, isTokenWanted, read, unreachable } from './api.ts'

/** Milliseconds without an event, of which there is one a second, until the connection is dead. */
const silence = 8_000

/** Milliseconds between attempts to connect. */
const retryDelay = 1_000

/** Characters of an event; a status of a thousand classes has less. */
const maxEventLength = 32 * 1024 * 1024

export interface ConnectionListener {
  /** Connected: the complete state follows. */
  onStatus(status: AdminStatus, history: HistoryStatus): void
  onChange(change: StatusChange): void
  /** Not connected, for that reason; the next attempt follows, unless the server wants a token. */
  onLost(reason: string): void
  onTokenWanted(): void
}

/** Follows until the returned function is called. `classes` is how many of them to list. */
export function follow(classes: number, listener: ConnectionListener): () => void {
  const ended = new AbortController()
  void keepConnected(classes, listener, ended.signal)
  return () => ended.abort()
}

async function keepConnected(
  classes: number,
  listener: ConnectionListener,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    try {
      await readEvents(classes, listener, ended)
      if (!ended.aborted) listener.onLost('The balancer has closed the connection.')
    } catch (error) {
      if (ended.aborted) return
      if (isTokenWanted(error)) return listener.onTokenWanted()
      listener.onLost(reasonOf(error))
    }
    await new Promise((resolve) => setTimeout(resolve, retryDelay))
  }
}

async function readEvents(
  classes: number,
  listener: ConnectionListener,
  ended: AbortSignal,
): Promise<void> {
  const dead = new AbortController()
  const signal = AbortSignal.any([ended, dead.signal])
  const kill = () => dead.abort(new Error('The balancer is silent.'))
  let timer = setTimeout(kill, silence)
  try {
    const history = await read<HistoryStatus>('history', signal)
    const response = await ask(`events?classes=${classes}`, { signal })
    const parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: ({ event, data }) => {
        if (event === 'status') listener.onStatus(JSON.parse(data), history)
        if (event === 'change') listener.onChange(JSON.parse(data))
      },
    })
    for await (const text of texts(response)) {
      clearTimeout(timer)
      timer = setTimeout(kill, silence)
      if (!ended.aborted) parser.feed(text)
    }
  } finally {
    clearTimeout(timer)
    dead.abort()
  }
}

async function* texts({ body }: Response): AsyncGenerator<string> {
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return unreachable
  return error instanceof Error ? error.message : String(error)
}
