/**
 * What does a request cost in a worker, besides the road to it?
 *
 *     npx tsx --conditions=@resumelb/source bench/worker.ts
 *
 * Both ends of one TCP connection live in this process. The processor time of a request is measured
 * when the protocol alone answers, and when a worker does, whose handler has Node's objects and may
 * read the request's fields; what the worker adds is the difference. Every measurement is made
 * several times, in turns; the table shows the medians.
 */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import type { Address } from '@resumelb/common'
import { Connection, dial, joinHeaders, type RequestHead } from '@resumelb/protocol'
import { silentLogger, Worker } from '@resumelb/worker'
import { readOptions } from './command-line.ts'
import { timePerRequest } from './requests.ts'
import { ignore, report, requestFacts, sampleFields } from './sample.ts'
import { median } from './statistics.ts'
import { table } from './table.ts'

/** What one request and its response look like. */
interface Shape {
  readonly name: string
  readonly head: Omit<RequestHead, 'id'>
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}

function fields(count: number, valueLength: number): Record<string, string> {
  return Object.fromEntries(sampleFields(count, valueLength))
}

function block(of: Readonly<Record<string, string>>): string {
  return joinHeaders(Object.entries(of).flat())
}

const shapes: readonly Shape[] = [
  {
    name: 'small: 3 fields, 3 fields, 12 bytes',
    head: { ...requestFacts, url: '/', headers: block(fields(3, 20)) },
    fields: fields(3, 20),
    body: 'hello, world',
  },
  {
    name: 'browser: 24 fields, 10 fields, 2 KB',
    head: { ...requestFacts, url: '/some/page?with=query', headers: block(fields(24, 74)) },
    fields: fields(10, 30),
    body: 'x'.repeat(2048),
  },
]

/** Something that answers requests at an address. */
interface Answerer {
  readonly address: Address
  close(): Promise<unknown>
}

/** Answers with the protocol alone: the same bytes as a worker, but no handler. */
async function answerBare(shape: Shape): Promise<Answerer> {
  const head = { status: 200, reason: '', headers: block(shape.fields) }
  const end = { trailers: '', report }
  const load = { state: 'ready', concurrency: 1, requests: 0, eventLoopDelay: 0 } as const
  const worker = { description: '', version: '', load, resume: new Map() }
  const server = createServer((socket) => {
    new Connection(
      socket,
      { role: 'worker', software: 'bench', id: 'w', worker },
      {
        onHello: () => undefined,
        onRequest: (stream) => {
          stream.respond(head, Buffer.from(shape.body), end)
          return ignore
        },
        onClose: () => undefined,
      },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const close = async () => {
    server.close()
    await once(server, 'close')
  }
  return { address, close }
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void

async function answerByWorker(handler: Handler): Promise<Answerer> {
  const worker = new Worker(handler, {}, { log: silentLogger })
  return { address: await worker.listen(), close: () => worker.close() }
}

const answerers: Readonly<Record<string, (shape: Shape) => Promise<Answerer>>> = {
  'protocol alone': answerBare,
  worker: (shape) =>
    answerByWorker((_req, res) => {
      res.writeHead(200, shape.fields)
      res.end(shape.body)
    }),
  'worker, setHeader, headers read': (shape) =>
    answerByWorker((req, res) => {
      for (const name in shape.fields) res.setHeader(name, shape.fields[name] as string)
      if (req.headers['x-field-1'] === undefined) res.statusCode = 400
      res.end(shape.body)
    }),
}

/** µs of processor time, user and system, of both ends per request, 64 at once. */
async function timeRequests(shape: Shape, answerer: Answerer, count: number): Promise<number> {
  const socket = await dial(answerer.address, 1000)
  const connection = await new Promise<Connection>((resolve) => {
    const opened: Connection = new Connection(
      socket,
      { role: 'balancer', software: 'bench', id: 'b' },
      { onHello: () => resolve(opened), onClose: () => undefined },
    )
  })
  const time = await timePerRequest(connection, shape.head, 64, count)
  connection.close()
  await answerer.close()
  return time
}

const options = await readOptions({
  name: 'worker',
  call: 'npx tsx --conditions=@resumelb/source bench/worker.ts',
  description: 'Measures what a worker adds to the protocol.',
  options: {
    requests: { type: 'number', least: 1, default: 100_000, describe: 'Requests per measurement' },
    runs: { type: 'number', least: 1, default: 5, describe: 'Measurements of each' },
  },
})

const body: string[][] = []
for (const shape of shapes) {
  const times = new Map<string, number[]>(Object.keys(answerers).map((name) => [name, []]))
  for (let run = 0; run < options.runs; run++) {
    for (const [name, answer] of Object.entries(answerers)) {
      times.get(name)?.push(await timeRequests(shape, await answer(shape), options.requests))
    }
  }
  const bare = median(times.get('protocol alone') as number[])
  for (const [name, values] of times) {
    const middle = median(values)
    body.push([`${shape.name}; ${name}`, middle.toFixed(1), (middle - bare).toFixed(1)])
  }
}
console.log('\nProcessor time of a request, both ends together\n')
console.log(table(['request, response; who answers', 'µs', 'added, µs'], body))
