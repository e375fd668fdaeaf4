import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  addLines,
  endWithText,
  headersOf,
  keepReading,
  keepsHeadAsText,
  leaveUnread,
} from '../../../src/listener/node/internals.ts'
import { ask, openRaw, until } from '../../support/balancer.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

async function serve(listener: Listener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function oneConnection(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

describe('addLines', () => {
  test('adds fields to those that Node sends', async () => {
    const port = await serve((_request, response) => {
      expect(keepsHeadAsText(response)).toBe(true)
      response.writeHead(200, ['Content-Length', '2'])
      addLines(response, 'X-A: 1\r\nSet-Cookie: b\r\nSet-Cookie: c\r\n')
      response.end('ok')
    })
    const { text, headers } = await ask(port)
    expect(text).toBe('ok')
    expect(headers).toMatchObject({ 'x-a': '1', 'set-cookie': ['b', 'c'], 'content-length': '2' })
    expect(headers.date).toBeDefined()
  })

  test('is not used for responses that other code has changed', async () => {
    const seen: boolean[] = []
    const port = await serve((request, response) => {
      if (request.url === '/field') response.setHeader('X-A', '1')
      else response.writeHead = response.writeHead.bind(response)
      seen.push(keepsHeadAsText(response))
      response.end()
    })
    await ask(port, { path: '/field' })
    await ask(port, { path: '/method' })
    expect(seen).toEqual([false, false])
  })
})

describe('endWithText', () => {
  test('sends head and body, again and again on one connection', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, ['Content-Length', '4'])
      endWithText(response, 'té\0\n')
    })
    const agent = oneConnection()
    for (let count = 0; count < 3; count++) {
      const { text, headers } = await ask(port, { agent })
      expect(Buffer.from(text)).toEqual(Buffer.from(Buffer.from('té\0\n', 'latin1').toString()))
      expect(headers.connection).toBe('keep-alive')
    }
  })

  test('hands head and body to the socket in one piece', async () => {
    const pieces: string[] = []
    const port = await serve((_request, response) => {
      const { socket } = response
      const write = socket?._write.bind(socket)
      if (socket && write) {
        socket._write = (chunk, ...rest) => {
          pieces.push(String(chunk))
          write(chunk, ...rest)
        }
        socket._writev = undefined as never
      }
      response.writeHead(200, ['Content-Length', '4'])
      endWithText(response, 'body')
    })
    expect((await ask(port)).text).toBe('body')
    expect(pieces.length).toBe(1)
    expect(pieces[0]).toMatch(/^HTTP\/1\.1 200 OK.*body$/s)
  })

  test('ends a chunked body as a chunk', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200)
      endWithText(response, 'chunk')
    })
    expect(await ask(port)).toMatchObject({
      text: 'chunk',
      headers: { 'transfer-encoding': 'chunked' },
    })
  })

  test('waits its turn among pipelined responses', async () => {
    const responses: ServerResponse[] = []
    const port = await serve((_request, response) => responses.push(response))
    const { socket, received } = openRaw(port)
    const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    socket.write(request + request)
    await until(() => responses.length === 2)
    for (const [at, response] of [...responses.entries()].reverse()) {
      response.writeHead(200, ['Content-Length', '1'])
      endWithText(response, String(at))
    }
    await until(() => received().endsWith('1'))
    expect(received()).toMatch(/\r\n\r\n0HTTP.*\r\n\r\n1$/s)
  })
})

describe('leaveUnread', () => {
  test('leaves the connection to the next request', async () => {
    const port = await serve((request, response) => {
      leaveUnread(request)
      response.end(request.url)
    })
    const agent = oneConnection()
    for (const path of ['/1', '/2', '/3'])
      expect((await ask(port, { agent, path })).text).toBe(path)
  })
})

describe('headersOf', () => {
  test('joins fields as Node does', async () => {
    const port = await serve((request, response) => {
      expect(headersOf(request.rawHeaders, request.socket)).toEqual(request.headers)
      response.end(JSON.stringify(headersOf(request.rawHeaders, request.socket)))
    })
    const headers = { 'x-a': ['1', '2'], cookie: ['a=1', 'b=2'], 'User-Agent': ['x', 'y'] }
    expect(JSON.parse((await ask(port, { headers })).text)).toMatchObject({
      'x-a': '1, 2',
      cookie: 'a=1; b=2',
      'user-agent': 'x',
    })
  })
})

describe('keepReading', () => {
  test('keeps the rest of a body for a reader that pauses while the response ends', async () => {
    let read = ''
    let isOver = false
    const port = await serve((request, response) => {
      // So much that the reader need not ask for more before it pauses.
      until(() => request.readableLength >= request.readableHighWaterMark).then(() => {
        request.once('data', (first) => {
          read += first
          request.pause()
          keepReading(request)
          response.end('early')
          response.on('close', () => {
            request.on('data', (chunk) => {
              read += chunk
            })
            request.on('end', () => {
              isOver = true
            })
            request.resume()
          })
        })
      })
    })
    const { socket } = openRaw(port)
    const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
    socket.write(`${piece.repeat(4)}0\r\n\r\n`)
    await until(() => isOver)
    expect(read.length).toBe(4 * 0x4000)
  })
})
