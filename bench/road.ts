/**
 * What does the road between a load balancer and a worker cost by itself?
 *
 *     npx tsx --conditions=@resumelb/source bench/road.ts
 *
 * Both ends of one TCP connection live in this process, so that the processor time is that of both
 * sides, the kernel's part included. Every measurement is made several times; the table shows the
 * median.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import {
  Connection,
  dial,
  joinHeaders,
  plainEnd,
  type RequestHead,
  type ResponseHead,
  type Stream,
  type StreamHandler,
} from '@resumelb/protocol'
import { readOptions } from './command-line.ts'
import { timePerRequest } from './requests.ts'
import { ignore, report, requestFacts, sampleFields } from './sample.ts'
import { median, quantile } from './statistics.ts'

/** What one request and its response look like. */
interface Shape {
  readonly name: string
  readonly request: Omit<RequestHead, 'id'>
  readonly response: ResponseHead
  readonly body: Buffer
}

function headers(count: number, valueLength: number): string {
  return joinHeaders(sampleFields(count, valueLength).flat())
}

const shapes: readonly Shape[] = [
  {
    name: 'small: 3 fields, 12 bytes',
    request: { ...requestFacts, url: '/', headers: headers(3, 20) },
    response: { status: 200, reason: '', headers: headers(3, 20) },
    body: Buffer.from('hello, world'),
  },
  {
    name: 'browser: 24 fields of 2 KB, 10 fields, 2 KB',
    request: { ...requestFacts, url: '/some/page?with=query', headers: headers(24, 74) },
    response: { status: 200, reason: '', headers: headers(10, 30) },
    body: Buffer.alloc(2048, 'x'),
  },
]

/** A balancer's end and a worker's end of one connection, and the worker's way to answer. */
interface Road {
  readonly connection: Connection
  answer: (stream: Stream, head: RequestHead) => StreamHandler
  close(): Promise<void>
}

async function openRoad(): Promise<Road> {
  const server: Server = createServer((socket) => acceptRoad(socket))
  const resume = new Map()
  const load = { state: 'ready', concurrency: 1, requests: 0, eventLoopDelay: 0 } as const
  const worker = { description: '', version: '', load, resume }
  const acceptRoad = (socket: Socket) =>
    new Connection(
      socket,
      { role: 'worker', software: 'bench', id: 'w', worker },
      {
        onHello: () => undefined,
        onRequest: (stream, head) => road.answer(stream, head),
        onClose: () => undefined,
      },
    )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = await dial({ host: '127.0.0.1', port }, 1000)
  const connection = await new Promise<Connection>((resolve) => {
    const opened: Connection = new Connection(
      socket,
      { role: 'balancer', software: 'bench', id: 'b' },
      { onHello: () => resolve(opened), onClose: () => undefined },
    )
  })
  const close = async () => {
    connection.close()
    server.close()
    await once(server, 'close')
  }
  const road: Road = { connection, answer: () => ignore, close }
  return road
}

/** Processor time in µs per request, user and system, of both ends. */
async function timeExchange(shape: Shape, atOnce: number, count: number): Promise<number> {
  const road = await openRoad()
  const end = { trailers: '', report }
  road.answer = (stream) => {
    stream.respond(shape.response, shape.body, end)
    return ignore
  }
  const time = await timePerRequest(road.connection, shape.request, atOnce, count)
  await road.close()
  return time
}

/** Sends a body of `length` bytes in chunks of 64 KB; ends it when all has been written. */
function pour(stream: Stream, length: number): StreamHandler {
  const chunk = Buffer.alloc(64 * 1024)
  let left = length
  const onDrain = () => {
    while (left > 0) {
      left -= chunk.length
      if (!stream.write(chunk)) return
    }
    stream.end(plainEnd)
  }
  stream.respond(shapes[0]!.response)
  onDrain()
  return { ...ignore, onDrain }
}

/** Fetches a poured body. */
function fetchBody(road: Road, url: string): Promise<void> {
  return new Promise((resolve) => {
    const stream = road.connection.request(
      { ...requestFacts, url, headers: '', id: url },
      undefined,
      true,
      {
        ...ignore,
        onData: (chunk) => stream.consumed(chunk.length),
        onEnd: () => resolve(),
      },
    )
  })
}

/** MB per second of processor time, of both ends, for `streams` bodies side by side. */
async function timeBodies(streams: number, megabytes: number): Promise<number> {
  const road = await openRoad()
  const length = (megabytes * 1024 * 1024) / streams
  road.answer = (stream) => pour(stream, length)
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: streams }, (_, i) => fetchBody(road, `/${i}`)))
  const { user, system } = process.cpuUsage(before)
  await road.close()
  return (megabytes * 1e6) / (user + system)
}

/** Milliseconds that a small exchange takes, one at a time: the median, and the slowest but 1 %. */
async function timeBeside(bodies: number): Promise<readonly [median: number, p99: number]> {
  const road = await openRoad()
  const shape = shapes[0]!
  road.answer = (stream, head) => {
    if (head.url === '/small') {
      stream.respond(shape.response, shape.body, plainEnd)
      return ignore
    }
    return pour(stream, Number.POSITIVE_INFINITY)
  }
  for (let i = 0; i < bodies; i++) fetchBody(road, `/big-${i}`)
  const times: number[] = []
  for (let i = 0; i < 1000; i++) {
    const started = performance.now()
    await new Promise<void>((resolve) => {
      road.connection.request(
        { ...requestFacts, url: '/small', headers: '', id: `${i}` },
        undefined,
        true,
        {
          ...ignore,
          onResponse: () => resolve(),
        },
      )
    })
    times.push(performance.now() - started)
  }
  await road.close()
  return [median(times), quantile(times, 0.99)]
}

async function medianOfRuns(runs: number, measure: () => Promise<number>): Promise<number> {
  const results: number[] = []
  for (let i = 0; i < runs; i++) results.push(await measure())
  return median(results)
}

const options = await readOptions({
  name: 'road',
  call: 'npx tsx --conditions=@resumelb/source bench/road.ts',
  description: 'Measures what the protocol costs, without HTTP.',
  options: {
    requests: { type: 'number', least: 1, default: 100_000, describe: 'Requests per measurement' },
    megabytes: { type: 'number', least: 1, default: 1024, describe: 'Body bytes per measurement' },
    runs: { type: 'number', least: 1, default: 5, describe: 'Measurements of each' },
  },
})

console.log('\nProcessor time of both ends per request, µs\n')
console.log('| request, response | 1 at a time | 64 at once | 1,000 at once |\n|---|---|---|---|')
for (const shape of shapes) {
  const cells: string[] = []
  for (const atOnce of [1, 64, 1000]) {
    const measure = () => timeExchange(shape, atOnce, options.requests)
    cells.push((await medianOfRuns(options.runs, measure)).toFixed(1))
  }
  console.log(`| ${shape.name} | ${cells.join(' | ')} |`)
}

console.log(
  '\nBodies, MB per second of processor time of both ends\n\n| streams | MB/s |\n|---|---|',
)
for (const streams of [1, 16, 256]) {
  const speed = await medianOfRuns(options.runs, () => timeBodies(streams, options.megabytes))
  console.log(`| ${streams} | ${speed.toFixed(0)} |`)
}

console.log('\nA small exchange beside big bodies, ms\n\n| bodies | median | p99 |\n|---|---|---|')
for (const bodies of [0, 1, 16]) {
  const [middle, p99] = await timeBeside(bodies)
  console.log(`| ${bodies} | ${middle.toFixed(2)} | ${p99.toFixed(2)} |`)
}
