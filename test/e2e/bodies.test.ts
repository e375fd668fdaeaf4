/** Big bodies, many requests and bodies that break, through real processes with little memory. */
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask, keepAlive } from '../support/clients.ts'
import {
  type CommandProcess,
  requestsAt,
  startBalancerProcess,
  startWorkerProcess,
} from '../support/processes.ts'

const megabyte = 1024 * 1024

/** Bytes by which a process may grow while a body of any size goes through it. */
const growthLimit = 50 * megabyte

/** Watches how far the memory of processes grows. */
function watchMemory(...processes: CommandProcess[]) {
  const before = processes.map((process) => process.residentBytes)
  const most = [...before]
  const timer = setInterval(() => {
    for (const [at, process] of processes.entries()) {
      most[at] = Math.max(most[at] ?? 0, process.residentBytes)
    }
  }, 20)
  onTestFinished(() => clearInterval(timer))
  return {
    /** Bytes by which each has grown at most. */
    growth: () => most.map((bytes, at) => bytes - (before[at] ?? 0)),
  }
}

async function startBoth(args: string[] = []) {
  const worker = await startWorkerProcess(args)
  const balancer = await startBalancerProcess([worker])
  const { port } = balancer
  // What they need for any body at all is there before the growth is measured.
  await ask(port, '/download?bytes=20000000')
  await ask(port, '/upload', { method: 'POST' }, Buffer.alloc(20_000_000))
  return { port, worker: worker.process, balancer: balancer.process }
}

/**
 * Downloads by a raw connection, with a rest every few megabytes and a long one at the beginning;
 * resolves with the number of bytes of the body.
 */
async function downloadSlowly(port: number, bytes: number): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.write(`GET /download?bytes=${bytes} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  let received = 0
  let nextRest = megabyte
  let isHead = true
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.length - (isHead ? chunk.indexOf('\r\n\r\n') + 4 : 0)
    isHead = false
    if (received < nextRest) continue
    // The pace of a slow client: time for everything that is not held back to pile up.
    await sleep(nextRest === megabyte ? 1500 : 20)
    nextRest = received + 8 * megabyte
  }
  return received
}

describe('bodies', () => {
  test('of a gigabyte reach a slow client in little memory', async () => {
    const { port, worker, balancer } = await startBoth()
    const memory = watchMemory(balancer, worker)
    expect(await downloadSlowly(port, 1024 * megabyte)).toBe(1024 * megabyte)
    for (const growth of memory.growth()) expect(growth).toBeLessThan(growthLimit)
  }, 600_000)

  test('of 200 MB reach a slow worker in little memory, byte by byte', async () => {
    const { port, worker, balancer } = await startBoth()
    const memory = watchMemory(balancer, worker)
    const hash = createHash('sha256')
    const chunk = Buffer.alloc(megabyte)
    const sent = request({ host: '127.0.0.1', port, path: '/upload?pause=1', method: 'POST' })
    const answered = new Promise<string>((resolve, reject) => {
      sent.on('error', reject)
      sent.on('response', (response) => {
        let text = ''
        response.on('data', (piece) => {
          text += piece
        })
        response.on('end', () => resolve(text))
      })
    })
    for (let count = 0; count < 200; count++) {
      const piece = Buffer.from(chunk.fill(count))
      hash.update(piece)
      if (!sent.write(piece)) await new Promise((resolve) => sent.once('drain', resolve))
    }
    sent.end()
    expect(await answered).toBe(`${200 * megabyte} ${hash.digest('hex')}`)
    for (const growth of memory.growth()) expect(growth).toBeLessThan(growthLimit)
  }, 600_000)

  test('that are big do not hold up small ones on the same connection', async () => {
    const { port } = await startBoth()
    const big = downloadSlowly(port, 50 * megabyte)
    const agent = keepAlive(4)
    let small = 0
    let isOver = false
    const loop = async () => {
      while (!isOver) {
        if ((await ask(port, '/hello', { agent })).text === 'hello') small++
      }
    }
    const loops = [loop(), loop()]
    expect(await big).toBe(50 * megabyte)
    isOver = true
    await Promise.all(loops)
    expect(small).toBeGreaterThan(20)
  })

  test('that fail half-way break the client', async () => {
    const { port } = await startBoth()
    await expect(ask(port, '/half')).rejects.toThrow('aborted')
    expect(await ask(port, '/hello')).toMatchObject({ status: 200, text: 'hello' })
  })

  test('end at the worker when the client leaves', async () => {
    const { port, balancer } = await startBoth(['--concurrency', '1'])
    const sent = request({ host: '127.0.0.1', port, path: '/download?bytes=10000000000' })
    sent.on('error', () => undefined)
    sent.end()
    await new Promise((resolve) => sent.once('response', resolve))
    sent.destroy()
    // The only slot of the worker is free again.
    expect(await ask(port, '/hello')).toMatchObject({ status: 200, text: 'hello' })
    expect(balancer.stderr).not.toContain('request failed')
  })
})

describe('one connection to a worker', () => {
  test('carries ten thousand requests at once', async () => {
    const concurrency = 10_000
    const worker = await startWorkerProcess(['--concurrency', String(concurrency)])
    const { port, process } = await startBalancerProcess([worker], ['-b', '4096'])
    const agent = keepAlive(concurrency)
    const answers: Promise<number>[] = []
    while (answers.length < concurrency) {
      // The application answers none before all have come.
      const answer = ask(port, `/gather?count=${concurrency}`, { agent })
      answers.push(answer.then(({ status }) => status))
      // No more connections at once than the system holds for the balancer to accept.
      if (answers.length % 500 === 0) {
        await until(async () => (await requestsAt(worker)) === answers.length % concurrency)
      }
    }
    const statuses = await Promise.all(answers)
    expect(statuses.filter((status) => status === 200).length).toBe(concurrency)
    expect(process.stderr).not.toContain('request failed')
  })
})
