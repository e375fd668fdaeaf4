/** A client that invents hosts cannot fill the memory of load balancers and workers. */
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

/** Requests that are sent before their answers are read. */
const batch = 100

/** Asks for each of these hosts, one batch after the other; resolves with the number of 200s. */
async function askHosts(port: number, from: number, to: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  onTestFinished(() => {
    socket.destroy()
  })
  let next = from
  const send = () => {
    let text = ''
    for (const end = Math.min(next + batch, to); next < end; next++) {
      text += `GET /hello HTTP/1.1\r\nHost: invented-${next}.example\r\n\r\n`
    }
    socket.write(text)
  }
  send()
  let answered = 0
  let rest = ''
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const pieces = (rest + chunk.toString('latin1')).split('200 OK')
    answered += pieces.length - 1
    // A status line may be cut in two.
    rest = (pieces.at(-1) as string).slice(-5)
    if (answered === to - from) break
    if (answered >= next - from) send()
  }
  return answered
}

test('half a million invented hosts leave memory as it is', async () => {
  const args = ['--max-classes', '10000']
  const worker = await startWorkerProcess(args)
  const { port, process } = await startBalancerProcess([worker], args)
  const processes = [process, worker.process]
  // Enough to fill the tables, and to let the compiler and the collector settle.
  expect(await askAll(port, 0, 50_000)).toBe(50_000)
  const before = await leastBytes(processes, port, 50_000, 100_000)
  expect(await askAll(port, 100_000, 450_000)).toBe(350_000)
  const after = await leastBytes(processes, port, 450_000, 500_000)
  for (const [at, bytes] of after.entries()) {
    expect(bytes - (before[at] as number)).toBeLessThan(40 * 1024 * 1024)
  }
}, 600_000)

/**
 * Asks for these hosts, and resolves with the least memory that each process had meanwhile: between
 * collections, garbage comes on top of that.
 */
async function leastBytes(
  processes: readonly { readonly residentBytes: number }[],
  port: number,
  from: number,
  to: number,
): Promise<readonly number[]> {
  const steps = 5
  const step = (to - from) / steps
  let least = processes.map(() => Number.POSITIVE_INFINITY)
  for (let next = from; next < to; next += step) {
    expect(await askAll(port, next, next + step)).toBe(step)
    least = processes.map(({ residentBytes }, at) => Math.min(residentBytes, least[at] as number))
  }
  return least
}

/** Several clients share the hosts. */
async function askAll(port: number, from: number, to: number): Promise<number> {
  const clients = 4
  const share = (to - from) / clients
  const counts = await Promise.all(
    Array.from({ length: clients }, (_, at) =>
      askHosts(port, from + at * share, from + (at + 1) * share),
    ),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
