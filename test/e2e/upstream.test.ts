/** HTTP servers of any kind behind real workers and load balancers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, request } from 'node:http'
import { type AddressInfo, createServer as createRawServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverHost, until } from '@resumelb/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import { type Answer, ask, keepAlive, Load } from '../support/clients.ts'
import {
  type BalancerProcess,
  CommandProcess,
  requestsAt,
  startBalancerProcess,
  type WorkerProcess,
} from '../support/processes.ts'
import { testWith } from '../support/tools.ts'

interface Upstream {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

async function startServer(listener: RequestListener, port = 0): Promise<Upstream> {
  const server = createServer(listener).listen(port, serverHost)
  await once(server, 'listening')
  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  onTestFinished(close)
  const taken = (server.address() as AddressInfo).port
  return { url: `http://${serverHost}:${taken}`, port: taken, close }
}

async function startUpstreamWorker(url: string, ...args: string[]): Promise<WorkerProcess> {
  const words = ['--upstream', url, '-a', '127.0.0.1:0', ...args]
  const process = new CommandProcess('packages/worker/bin/resumelb-worker.js', words)
  return { process, address: await process.address() }
}

async function startAll(
  urls: readonly string[],
  ...args: string[]
): Promise<BalancerProcess & { readonly workers: WorkerProcess[] }> {
  const workers = await Promise.all(urls.map((url) => startUpstreamWorker(url, ...args)))
  return { ...(await startBalancerProcess(workers)), workers }
}

/** Resolves when a line of the log says so. */
async function says({ process }: WorkerProcess, message: string): Promise<void> {
  await until(() => process.stderr.includes(message), message)
}

const chunked = { 'Transfer-Encoding': 'chunked' }

test('bodies in chunks arrive, many at once and one after the other', async () => {
  const { url } = await startServer((req, res) => req.pipe(res))
  const { port } = await startAll([url], '-c', '1')
  const bodies = Array.from({ length: 20 }, (_, number) => `body ${number} `.repeat(number * 500))
  const answers = bodies.map((body) => ask(port, '/', { method: 'POST', headers: chunked }, body))
  expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(bodies)
})

test('a PUT in chunks whose worker died arrives at another', async () => {
  const texts: string[] = []
  const { url } = await startServer((req, res) => {
    let text = ''
    req.on('data', (chunk) => {
      text += chunk
    })
    req.on('end', () => {
      texts.push(text)
      if (texts.length > 1) res.end(text)
    })
  })
  const { port, workers } = await startAll([url, url])
  const answer = ask(port, '/', { method: 'PUT', headers: chunked }, 'the body')
  await until(() => texts.length > 0)
  const working = await busy(workers)
  await working.process.kill()
  expect((await answer).text).toBe('the body')
  expect(texts).toEqual(['the body', 'the body'])
})

/** The worker that has a request in progress. */
async function busy(workers: readonly WorkerProcess[]): Promise<WorkerProcess> {
  let found: WorkerProcess | undefined
  await until(async () => {
    for (const worker of workers) if ((await requestsAt(worker)) === 1) found = worker
    return found !== undefined
  }, 'a busy worker')
  return found as WorkerProcess
}

test('a client and its server speak in turn', async () => {
  const { url } = await startServer((req, res) => {
    res.write('ready')
    req.pipe(res)
  })
  const { port } = await startAll([url])
  const sent = request({ host: '127.0.0.1', port, method: 'POST', headers: chunked })
  sent.flushHeaders()
  const [response] = await once(sent, 'response')
  sent.end(', go')
  let text = ''
  for await (const chunk of response) text += chunk
  expect(text).toBe('ready, go')
})

test('what a server says before it has read all of an upload is passed on', async () => {
  const { url } = await startServer((_req, res) => {
    res.writeHead(413, { Connection: 'close' })
    res.end('too large')
  })
  const { port } = await startAll([url])
  const agent = keepAlive(4)
  const body = Buffer.alloc(5_000_000)
  const answers: Answer[] = []
  for (let i = 0; i < 10; i++) answers.push(await ask(port, '/', { method: 'POST', agent }, body))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]))
})

test('one of three servers that is gone costs no more than it had, and is used when it is back', async () => {
  const answer =
    (number: number): RequestListener =>
    (_req, res) =>
      res.end(String(number))
  const servers = await Promise.all([1, 2, 3].map((number) => startServer(answer(number))))
  const { port, workers } = await startAll(servers.map(({ url }) => url))
  const agent = keepAlive(8)
  const served = new Set<string>()
  let count = 0
  /** The second server, as far as its worker knows. */
  let second: 'there' | 'leaving' | 'gone' = 'there'
  const failed: string[] = []
  const load = new Load(8, async () => {
    const method = count++ % 2 === 0 ? 'POST' : 'GET'
    const headers = { Host: `tenant-${count % 40}.test` }
    const begunWhile = second
    const given = await ask(port, '/', { method, agent, headers }, method === 'POST' ? 'x' : '')
    served.add(given.text)
    // It had a POST, or got one on a connection that it was closing: whether it began is
    // unknown.
    const mayBeLost = method === 'POST' && begunWhile !== 'gone' && second !== 'there'
    const isRight = given.status === 200 || (given.status === 502 && mayBeLost)
    if (!isRight) failed.push(`${method} ${given.status}, begun while it was ${begunWhile}`)
    return given
  })
  await load.more(200)
  const [, server] = servers as [Upstream, Upstream, Upstream]
  const [, worker] = workers as [WorkerProcess, WorkerProcess, WorkerProcess]
  second = 'leaving'
  await server.close()
  await says(worker, 'upstream is unreachable: not ready')
  second = 'gone'
  await load.more(500)
  await startServer(answer(2), server.port)
  await says(worker, 'upstream is reachable: ready')
  served.clear()
  await load.more(1_000)
  const { errors } = await load.stop()
  expect([failed, [...errors]]).toEqual([[], []])
  expect(served.has('2')).toBe(true)
})

test('while all servers are gone requests fail at once, and no longer when one is back', async () => {
  const { url, port: serverPort, close } = await startServer((_req, res) => res.end('ok'))
  await close()
  const { port, workers } = await startAll([url, url])
  const failed = await ask(port, '/', { method: 'POST' }, 'x')
  expect(failed.status).toBe(503)
  await startServer((_req, res) => res.end('ok'), serverPort)
  await Promise.all(workers.map((worker) => says(worker, 'upstream is reachable: ready')))
  expect((await ask(port, '/')).text).toBe('ok')
})

test('a server that closes idle connections just as they are used again costs no GET', async () => {
  const server = createRawServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('timeout', () => socket.destroy())
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      // A new connection waits for its first request however busy the machine is.
      socket.setTimeout(20)
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = await startAll([`http://127.0.0.1:${(server.address() as AddressInfo).port}`])
  const agent = keepAlive(1)
  const statuses = new Set<number>()
  for (let i = 0; i < 120; i++) {
    statuses.add((await ask(port, '/', { agent })).status)
    // Around the moment at which the server closes: the pace is the test.
    await sleep(18 + (i % 5))
  }
  expect([...statuses]).toEqual([200])
})

/** A WSGI application behind the server of Python's own library, which speaks HTTP/1.0. */
const wsgi = `
import socketserver, sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
class Server(socketserver.ThreadingMixIn, WSGIServer): daemon_threads = True
class Quiet(WSGIRequestHandler):
    def log_message(self, *args): pass
def app(environ, start):
    if environ['PATH_INFO'] == '/304':
        start('304 Not Modified', [('ETag', '"a"')])
        return []
    length = int(environ.get('CONTENT_LENGTH') or 0)
    body = environ['REQUEST_METHOD'].encode() + b' ' + environ['wsgi.input'].read(length)
    start('200 OK', [('Content-Type', 'text/plain')] if environ['PATH_INFO'] == '/open'
        else [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]
server = make_server('127.0.0.1', 0, app, server_class=Server, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
`

testWith('python')('Python serves behind a worker', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-wsgi-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'server.py')
  writeFileSync(file, wsgi)
  const python = spawn('python3', [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void python.kill('SIGKILL'))
  const [line] = await once(python.stdout, 'data')
  const { port } = await startAll([`http://127.0.0.1:${Number(String(line))}`])
  const agent = keepAlive(4)
  const texts = async (method: string, path: string, body?: string) => {
    const { status, text } = await ask(port, path, { method, agent }, body)
    return `${status} ${text}`
  }
  expect(await texts('GET', '/')).toBe('200 GET ')
  expect(await texts('HEAD', '/')).toBe('200 ')
  expect(await texts('GET', '/304')).toBe('304 ')
  expect(await texts('GET', '/open')).toBe('200 GET ')
  for (let i = 0; i < 20; i++) {
    expect(await texts('POST', '/', `body ${i}`)).toBe(`200 POST body ${i}`)
  }
})

test('a server without a worker is served by the command, and its résumé is kept over a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-resumes-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { url } = await startServer((_, response) => response.end('plain'))
  const words = ['-L', 'info', '-a', '127.0.0.1:0', '--resume-dir', folder, url]
  for (const classes of [0, 1]) {
    const process = new CommandProcess('packages/lb/bin/resumelb.js', words)
    const port = Number((await process.address()).split(':')[1])
    expect((await ask(port, '/')).text).toBe('plain')
    await until(() => process.stderr.includes(`"classes":${classes},`), 'worker is up')
    expect(await process.stop()).toBe(0)
  }
})
