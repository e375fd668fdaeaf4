/**
 * Does anything grow? Runs a balancer and workers, as they are built, under a small mixed load with
 * aborts, slow readers, uploads and restarts, and prints what they occupy over time.
 *
 *     npx tsx --conditions=@resumelb/source bench/soak.ts [--minutes 60] [--rate 40] [--workers 3] [--every 30]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Agent, type ClientRequest, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readOptions } from './command-line.ts'
import { isFlat, type Point, trendOf } from './soak/trend.ts'

/** Mebibytes of heap an hour that are not taken for growth. */
const allowedGrowth = 2

/** The part of the run that is left out of the trend: code is compiled, tables fill. */
const warmUp = 1 / 3

const options = await readOptions({
  name: 'soak',
  call: 'npx tsx --conditions=@resumelb/source bench/soak.ts',
  description: 'Runs a load balancer and workers under a small load, and tells whether they grow.',
  options: {
    minutes: { type: 'number', least: 0.1, default: 60, describe: 'Length of the run' },
    rate: { type: 'number', least: 0.1, default: 40, describe: 'Requests a second' },
    workers: { type: 'number', least: 1, default: 3, describe: 'Worker processes' },
    every: { type: 'number', least: 1, default: 30, describe: 'Seconds between two samples' },
  },
})
const { minutes, rate, every } = options

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const application = path('../test/e2e/fixtures/app.mjs')

interface Sample {
  readonly heap: number
  readonly external: number
  readonly rss: number
  readonly descriptors: number
}

/** A process of one of the commands. */
class Member {
  readonly name: string
  readonly address: Promise<string>
  readonly #child: ChildProcess

  constructor(name: string, bin: string, args: readonly string[]) {
    this.name = name
    this.#child = fork(path(`../packages/${bin}`), args, {
      execArgv: ['--expose-gc', '--import', new URL('soak/probe.mjs', import.meta.url).href],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.address = this.#listening()
  }

  async sample(): Promise<Sample> {
    const came = once(this.#child, 'message')
    this.#child.send('sample')
    const [{ heapUsed, external, rss }] = (await came) as [NodeJS.MemoryUsage]
    const descriptors = descriptorsOf(this.#child.pid ?? 0)
    return {
      heap: heapUsed / 2 ** 20,
      external: external / 2 ** 20,
      rss: rss / 2 ** 20,
      descriptors,
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }

  async #listening(): Promise<string> {
    let log = ''
    for await (const chunk of this.#child.stderr as AsyncIterable<Buffer>) {
      log += chunk
      const found = /"address":"([^"]+)"/.exec(log)
      if (!found) continue
      this.#child.stderr?.resume()
      return found[1] as string
    }
    throw new Error(`${this.name} does not listen: ${log}`)
  }
}

/** Open file descriptors of a process; 0 where the system does not tell. */
function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

const worker = (address: string, index: number) =>
  new Member(`worker ${index}`, 'worker/bin/resumelb-worker.js', [application, '-a', address])

/** Sends a small mixed load, and counts what becomes of it. */
class Traffic {
  readonly outcomes: Map<string, number> = new Map()
  readonly #port: number
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 64 })
  #sent = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Sends the next request. */
  send(): void {
    const at = this.#sent++
    const host = `site${at % 97}.example`
    switch (at % 10) {
      case 0:
        return this.#ask('upload', host, '/upload', 'POST', 100_000)
      case 1:
        return this.#ask('download', host, '/download?bytes=300000')
      case 2:
        return this.#read('slow reader', host, '/download?bytes=300000', 20)
      case 3:
        return this.#abort('abort of a download', host, '/download?bytes=5000000')
      case 4:
        return this.#abort('abort of a wait', host, '/slow?ms=2000')
      case 5:
        return this.#ask('broken response', host, '/half')
      default:
        return this.#ask('short', host, `/slow?ms=${at % 20}`)
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #open(host: string, target: string, method = 'GET'): ClientRequest {
    const [port, agent] = [this.#port, this.#agent]
    return request({ host: '127.0.0.1', port, path: target, method, agent, headers: { host } })
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  #ask(kind: string, host: string, target: string, method = 'GET', length = 0): void {
    const sent = this.#open(host, target, method)
    sent.on('error', ({ message }) => this.#count(`${kind}: ${message}`))
    sent.on('response', (response) => {
      response.resume()
      response.on('error', ({ message }) => this.#count(`${kind}: ${message}`))
      response.on('end', () => this.#count(`${kind}: ${response.statusCode}`))
    })
    sent.end(Buffer.alloc(length))
  }

  #read(kind: string, host: string, target: string, pause: number): void {
    const sent = this.#open(host, target)
    sent.on('error', ({ message }) => this.#count(`${kind}: ${message}`))
    sent.on('response', (response) => {
      response.on('data', () => {
        response.pause()
        setTimeout(() => response.resume(), pause)
      })
      response.on('error', ({ message }) => this.#count(`${kind}: ${message}`))
      response.on('end', () => this.#count(`${kind}: ${response.statusCode}`))
    })
    sent.end()
  }

  #abort(kind: string, host: string, target: string): void {
    const sent = this.#open(host, target)
    sent.on('error', () => this.#count(kind))
    sent.end()
    setTimeout(() => sent.destroy(new Error('aborted')), 100)
  }
}

async function sampleAll(members: readonly Member[], hours: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const member of members) {
    const sample = await member.sample()
    samples.push(sample)
    const { heap, external, rss, descriptors } = sample
    const megabytes = [heap, external, rss].map((value) => value.toFixed(1).padStart(9))
    const minute = (hours * 60).toFixed(1).padStart(7)
    console.log(`${minute} ${member.name.padEnd(9)} ${megabytes.join('')} ${descriptors}`)
  }
  return samples
}

/** Says whether the heap of one process is flat. */
function judge(name: string, points: readonly Point[]): boolean {
  const last = points.at(-1)?.hours ?? 0
  const settled = points.filter(({ hours }) => hours >= last * warmUp)
  if (settled.length < 3) {
    console.log(`${name}: too short a run to tell`)
    return true
  }
  const trend = trendOf(settled)
  const verdict = isFlat(trend, allowedGrowth)
  const growth = `${trend.slope.toFixed(1)} ± ${(2 * trend.error).toFixed(1)} MiB an hour`
  console.log(`${name}: heap ${verdict ? 'is flat' : 'GROWS'}, ${growth}`)
  return verdict
}

/** The first worker stays, so that its heap can be judged; the others are restarted in turn. */
async function soak(): Promise<boolean> {
  const count = options.workers
  const workers = Array.from({ length: count }, (_, index) => worker('127.0.0.1:0', index))
  const addresses = await Promise.all(workers.map(({ address }) => address))
  const args = ['-a', '127.0.0.1:0', ...addresses]
  const balancer = new Member('balancer', 'lb/bin/resumelb.js', args)
  const traffic = new Traffic(Number((await balancer.address).split(':').pop()))
  console.log(' minute process      heap external      rss descriptors')
  const startedAt = performance.now()
  const hours = () => (performance.now() - startedAt) / 3_600_000
  const points: Point[][] = [[], []]
  const timer = setInterval(() => traffic.send(), 1000 / rate)
  for (let round = 0; hours() * 60 < minutes; round++) {
    await sleep(every * 1000)
    const samples = await sampleAll([balancer, workers[0] as Member], hours())
    for (const [at, { heap }] of samples.entries())
      points[at]?.push({ hours: hours(), value: heap })
    if (round % 2 === 0 || count < 2) continue
    const index = 1 + (((round - 1) / 2) % (count - 1))
    await workers[index]?.stop()
    workers[index] = worker(addresses[index] as string, index)
    await workers[index]?.address
  }
  clearInterval(timer)
  await sleep(5_000)
  traffic.close()
  await sleep(1_000)
  console.log('when the load is over:')
  await sampleAll([balancer, ...workers], hours())
  for (const [outcome, times] of [...traffic.outcomes].sort()) console.log(`${times} ${outcome}`)
  await Promise.all([balancer, ...workers].map((member) => member.stop()))
  const verdicts = [judge('balancer', points[0] ?? []), judge('worker 0', points[1] ?? [])]
  return verdicts.every(Boolean)
}

process.exitCode = (await soak()) ? 0 : 1
