/**
 * Keep-alive connections that ask again as soon as they are answered: wrk, or Node where it is not.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled } from '../affinity/processes/program.ts'

/** What is asked for, and how. */
export interface Shape {
  readonly name: string
  /** What clients speak; HTTP/1.1 without TLS by default. */
  readonly speaks?: 'HTTPS' | 'HTTP/2'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

const shapes: readonly Shape[] = [
  { name: '12-byte answer', path: '/', headers: {} },
  {
    name: "2 KB page, browser's headers",
    path: '/page',
    headers: {
      Connection: 'keep-alive',
      'Cache-Control': 'max-age=0',
      Pragma: 'no-cache',
      'sec-ch-ua': '"Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"',
      'sec-ch-ua-mobile': '?0',
      'sec-ch-ua-platform': '"Linux"',
      DNT: '1',
      'Upgrade-Insecure-Requests': '1',
      'User-Agent':
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
      Accept:
        'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
      'Sec-Fetch-Site': 'same-origin',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-User': '?1',
      'Sec-Fetch-Dest': 'document',
      'Sec-GPC': '1',
      Referer: 'http://tenant-17.example.com/reports/2026?page=2',
      Origin: 'http://tenant-17.example.com',
      'Accept-Encoding': 'gzip, deflate, br, zstd',
      'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
      Cookie: 'session=4f1b2d6c8e0a4f1b2d6c8e0a; theme=dark; consent=all; _ga=GA1.1.123.456',
      'If-None-Match': '"5f2b-5d3c8a9b7e0ff"',
      'X-Requested-With': 'XMLHttpRequest',
      Priority: 'u=0, i',
    },
  },
  { name: '12-byte answer, HTTPS', speaks: 'HTTPS', path: '/', headers: {} },
  { name: '12-byte answer, HTTP/2', speaks: 'HTTP/2', path: '/', headers: {} },
]

/** Loads a port for some seconds; resolves with the number of answers. */
export type Loader = (port: number, shape: Shape, seconds: number) => Promise<number>

export const connections = 64

/** Connections of HTTP/2, and requests that each has open. */
const [h2Connections, h2Streams] = [8, 8]

/** The shapes that can be measured here: Node itself is too slow a client for TLS. */
export async function availableShapes(): Promise<readonly Shape[]> {
  const hasTools = { HTTPS: await isInstalled('wrk'), 'HTTP/2': await isInstalled('h2load') }
  return shapes.filter(({ speaks }) => speaks === undefined || hasTools[speaks])
}

/** The best loader there is here. `folder` is for its files. */
export async function loader(folder: string): Promise<Loader> {
  const load = (await isInstalled('wrk')) ? loadByWrk(folder) : loadByNode
  return (port, shape, seconds) =>
    shape.speaks === 'HTTP/2' ? loadByH2load(port, shape, seconds) : load(port, shape, seconds)
}

async function loadByH2load(port: number, shape: Shape, seconds: number): Promise<number> {
  const size = ['-c', String(h2Connections), '-m', String(h2Streams)]
  const args = [...size, '-D', String(seconds), `https://127.0.0.1:${port}${shape.path}`]
  const { stdout } = await promisify(execFile)('h2load', args)
  if (!stdout.includes(' 0 4xx, 0 5xx')) throw new Error(`not all were answered:\n${stdout}`)
  return Number(/(\d+) succeeded/.exec(stdout)?.[1])
}

function loadByWrk(folder: string): Loader {
  return async (port, shape, seconds) => {
    const script = join(folder, 'wrk.lua')
    const lines = Object.entries(shape.headers).map(
      ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
    )
    writeFileSync(script, lines.join('\n'))
    const scheme = shape.speaks === 'HTTPS' ? 'https' : 'http'
    const url = `${scheme}://127.0.0.1:${port}${shape.path}`
    const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script, url]
    const { stdout } = await promisify(execFile)('wrk', args)
    // Timeouts only tell that the machine is busy.
    if (/Non-2xx|(connect|read|write) [1-9]/.test(stdout)) {
      throw new Error(`not all were answered:\n${stdout}`)
    }
    return Number(/(\d+) requests in/.exec(stdout)?.[1])
  }
}

async function loadByNode(port: number, shape: Shape, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const end = performance.now() + seconds * 1000
  let answers = 0
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const { path, headers } = shape
      request({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
        response.resume().once('end', resolve)
      })
        .once('error', reject)
        .end()
    })
  const loop = async () => {
    while (performance.now() < end) {
      await ask()
      answers++
    }
  }
  await Promise.all(Array.from({ length: connections }, loop))
  agent.destroy()
  return answers
}
