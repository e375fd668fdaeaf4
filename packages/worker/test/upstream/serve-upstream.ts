/** Workers whose application is a server behind them. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type Logger, silentLogger } from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import type { Answer, Question } from '../support/balancer.ts'
import { serve } from '../support/setup.ts'
import { answering, rawServer } from './raw-server.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function serveUrl(url: string, log: Logger = silentLogger, options = {}) {
  return serve(new Upstream(url, { log }).handle, options, { log })
}

export async function serveUpstream(listener: RequestListener, log: Logger = silentLogger) {
  return serveUrl(await listen(listener), log)
}

/** The answer that a client gets to what a server sends. */
export async function answerTo(
  response: string | Buffer,
  question: Question = {},
): Promise<Answer> {
  const { url } = await rawServer(answering(response))
  const { balancer } = await serveUrl(url)
  return balancer.fetch(question)
}

export function errorLog() {
  const errors: { readonly facts: Readonly<Record<string, unknown>>; readonly message: string }[] =
    []
  const log: Logger = {
    ...silentLogger,
    error: (facts, message) => errors.push({ facts, message }),
  }
  return { errors, log }
}

/** A whole response. */
export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
