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
  const hosts = 500_000
  const first = 100_000
  expect(await askAll(port, 0, first)).toBe(first)
  const before = processes.map(({ residentBytes }) => residentBytes)
  expect(await askAll(port, first, hosts)).toBe(hosts - first)
  for (const [at, { residentBytes }] of processes.entries()) {
    expect(residentBytes - (before[at] ?? 0)).toBeLessThan(40 * 1024 * 1024)
  }
}, 600_000)

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
