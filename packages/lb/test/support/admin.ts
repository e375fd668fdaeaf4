/** An admin server for one test, and clients for it. */
import { request } from 'node:http'
import { silentLogger } from '@resumelb/common'
import { onTestFinished } from 'vitest'
import { type AdminOptions, AdminServer } from '../../src/admin/admin-server.ts'
import type { LoadBalancer } from '../../src/load-balancer.ts'

export const token = 'a token that is hard to guess'.replaceAll(' ', '-')

export interface Reply {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
  readonly json: () => never
}

export interface CallOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface Admin {
  readonly server: AdminServer
  readonly port: number
  readonly call: (path: string, options?: CallOptions) => Promise<Reply>
  /** With the token, and JSON. */
  readonly change: (path: string, body?: object, headers?: Record<string, string>) => Promise<Reply>
}

/** Starts an admin server that stops with the test. */
export async function startAdmin(
  balancer: LoadBalancer,
  options: Partial<AdminOptions> = {},
): Promise<Admin> {
  const server = new AdminServer(balancer, {
    address: '127.0.0.1:0',
    log: silentLogger,
    ...options,
  })
  await server.start()
  onTestFinished(() => server.stop())
  const port = Number(server.address.split(':').at(-1))
  const call = (path: string, one: CallOptions = {}) =>
    callAt({ port, host: '127.0.0.1' }, path, one)
  const change = (path: string, body: object = {}, headers = {}) =>
    call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: JSON.stringify(body),
    })
  return { server, port, call, change }
}

/** One request, at a port or a unix socket. */
export function callAt(
  place: { port: number; host: string } | { socketPath: string },
  path: string,
  { method = 'GET', headers = {}, body }: CallOptions = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...place, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode = 0 } = response
        resolve({
          status: statusCode,
          headers: response.headers,
          text,
          json: () => JSON.parse(text) as never,
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
