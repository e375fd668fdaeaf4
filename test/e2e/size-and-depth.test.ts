/** What a request shows of its size, and of what it needs, on its way to the handler. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatAddress, silentLogger } from '@resumelb/common'
import { serverHost, until } from '@resumelb/common/testing'
import { classifyByConversation, LoadBalancer } from '@resumelb/lb'
import { type HandlerRequest, Worker } from '@resumelb/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { CommandProcess } from '../support/processes.ts'

const bin = 'packages/lb/bin/resumelb.js'

/** A busy machine may be slow. */
const patient = ['--classify-timeout', '10m']

/** What the handler has seen, last. */
let seen: Pick<HandlerRequest['resumelb'], 'requestClass' | 'units' | 'chain'>
let bodyLength = 0

/** Answers with two events when the body is whole. */
async function stream(request: IncomingMessage, response: ServerResponse): Promise<void> {
  bodyLength = 0
  for await (const chunk of request) bodyLength += (chunk as Buffer).length
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('data: 1\n\n')
  response.end('data: [DONE]\n\n')
}

const ends: (() => Promise<unknown>)[] = []
let workerAddress: string
/** Both have the same worker: a process of the command, and one of the library. */
let ports: number[]

beforeAll(async () => {
  const worker = new Worker((request, response) => {
    const { requestClass, units, chain } = (request as HandlerRequest).resumelb
    seen = { requestClass, units, chain }
    void stream(request, response)
  })
  workerAddress = formatAddress(await worker.listen({ host: serverHost, port: 0 }))
  ends.push(() => worker.close())
  const args = ['-a', '127.0.0.1:0', '-l', '', '-r', 'openai', ...patient, workerAddress]
  const command = new CommandProcess(bin, args, {}, (end) => ends.push(end))
  const library = await serve(workerAddress)
  ports = [Number((await command.address()).split(':').pop()), library]
})

afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

/** Starts a load balancer of the library; resolves with its port. */
async function serve(worker: string): Promise<number> {
  const options = {
    ...{ classifier: classifyByConversation, classifyTimeout: 600_000 },
    ...{ workers: [worker], log: silentLogger },
  }
  const balancer = new LoadBalancer(options)
  const server = createServer()
  balancer.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(async () => {
    balancer.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return (server.address() as AddressInfo).port
}

async function say(port: number, json: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(json)
  const answer = await ask(port, '/v1/chat/completions', { method: 'POST', headers }, body)
  expect(answer.text).toBe('data: 1\n\ndata: [DONE]\n\n')
  expect(bodyLength).toBe(Buffer.byteLength(body))
}

const turn = (role: string, at: number) => ({ role, content: `${at} `.repeat(5000) })
const conversation = (turns: number) => ({
  model: 'small',
  stream: true,
  messages: Array.from({ length: turns }, (_, i) => turn(i % 2 ? 'assistant' : 'user', i)),
})

describe('a conversation', () => {
  test('has the same links at each load balancer, and goes on with those it had', async () => {
    const [command = 0, library = 0] = ports
    await say(command, conversation(9))
    const first = seen
    expect(first.requestClass).toBe('small')
    expect(first.units).toBeGreaterThan(20_000)
    expect(first.chain?.length).toBeGreaterThan(40)
    await say(library, conversation(9))
    expect(seen).toEqual(first)
    await say(library, conversation(11))
    const { chain = [] } = seen
    expect(chain.length).toBeGreaterThan(first.chain?.length ?? 0)
    expect(chain.slice(0, first.chain?.length)).toEqual(first.chain)
  })

  test('is of the default class, with its length, if it is too long to be read', async () => {
    const image = 'A'.repeat(4_200_000)
    await say(ports[0] ?? 0, { model: 'small', messages: [{ role: 'user', content: image }] })
    expect(seen.requestClass).toBe('')
    expect(seen.units).toBeGreaterThan(1_000_000)
    expect(seen.chain).toBeUndefined()
  })
})

test('a plain HTTP server as worker gets the body that was read', async () => {
  const server = createServer((request, response) => void stream(request, response))
  await new Promise<void>((resolve) => server.listen(0, serverHost, resolve))
  ends.push(() => new Promise((resolve) => server.close(resolve)))
  const port = await serve(`http://${serverHost}:${(server.address() as AddressInfo).port}`)
  await say(port, conversation(30))
})

test('attributes are units and a chain', async () => {
  const attributes = ['--request-units', 'header:x-rows', '--request-chain', 'query:book']
  const more = ['--request-chain', 'json:page', '-r', 'header:x-tenant', ...patient]
  const args = ['-a', '127.0.0.1:0', '-l', '', ...attributes, ...more, workerAddress]
  const port = Number((await new CommandProcess(bin, args).address()).split(':').pop())
  const headers = { 'content-type': 'application/json', 'x-tenant': 'blue', 'x-rows': '700' }
  await ask(port, '/?book=a', { method: 'POST', headers }, '{"page":7}')
  expect(seen).toMatchObject({ requestClass: 'blue', units: 700 })
  const { chain } = seen
  expect(chain).toHaveLength(2)
  await ask(port, '/?book=a', { method: 'POST', headers }, '{"page":8}')
  expect(seen.chain?.[0]).toBe(chain?.[0])
  expect(seen.chain?.[1]).not.toBe(chain?.[1])
})
