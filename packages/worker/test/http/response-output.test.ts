/** What responses do that Node's own do not, or that Node leaves to its sockets. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { maxHeadLength } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import type { Logger } from '../../src/index.ts'
import { serve, until } from '../support/setup.ts'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

/** A log of errors. */
function errorLog() {
  const errors: unknown[] = []
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: ({ err }) => errors.push(err),
  }
  return { errors, log }
}

async function answerOf(listener: Listener, question = {}) {
  const { errors, log } = errorLog()
  const { balancer, worker } = await serve(listener, {}, { log })
  const answer = await balancer.fetch(question)
  return { ...answer, errors, worker }
}

describe('a Content-Length', () => {
  test.each<[string, Listener, string | undefined]>([
    ['is that of a body given to end()', (_req, res) => res.end('hello'), '5'],
    ['is that of a big one', (_req, res) => res.end(Buffer.alloc(300_000)), '300000'],
    ['is 0 without a body', (_req, res) => res.end(), '0'],
    ['is added after writeHead()', (_req, res) => res.writeHead(200, { X: '1' }).end('abc'), '3'],
    [
      'is the application’s own if it gives one',
      (_req, res) => res.writeHead(200, ['content-length', '2']).end('ok'),
      '2',
    ],
    [
      'is not added if the body is written in parts',
      (_req, res) => {
        res.write('a')
        res.end('b')
      },
      undefined,
    ],
    ['is not added to a 204', (_req, res) => res.writeHead(204).end(), undefined],
    ['is not added to a 304', (_req, res) => res.writeHead(304).end(), undefined],
    [
      'is not added if the application has removed it',
      (_req, res) => {
        res.removeHeader('Content-Length')
        res.end('ok')
      },
      undefined,
    ],
    [
      'is not added if trailers follow',
      (_req, res) => {
        res.writeHead(200, { Trailer: 'X-Sum' })
        res.addTrailers({ 'X-Sum': '1' })
        res.end('ok')
      },
      undefined,
    ],
  ])('%s', async (_rule, listener, expected) => {
    const { headers, body } = await answerOf(listener)
    expect(headers['content-length']).toBe(expected)
    if (expected !== undefined) expect(body.length).toBe(Number(expected))
  })

  test('is not guessed for HEAD', async () => {
    const { headers } = await answerOf((_req, res) => res.end('hello'), { method: 'HEAD' })
    expect(headers['content-length']).toBeUndefined()
  })
})

describe('a response that cannot be', () => {
  test.each([102, 100, 199])('of status %d becomes a 500', async (status) => {
    const { errors, ...answer } = await answerOf((_req, res) => {
      res.statusCode = status
      res.end('text')
    })
    expect([answer.status, answer.text, answer.worker.resume.size]).toEqual([500, '', 0])
    expect(errors).toEqual([expect.objectContaining({ name: 'RangeError' })])
  })

  test('of status 101 is passed on', async () => {
    const { status } = await answerOf((_req, res) => res.writeHead(101).end())
    expect(status).toBe(101)
  })

  test('of a head that no frame holds becomes a 500', async () => {
    const { status, errors } = await answerOf((_req, res) => {
      setImmediate(() => res.writeHead(200, { 'X-Long': 'x'.repeat(maxHeadLength) }).end('ok'))
    })
    expect(status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ name: 'HeadTooLongError' })])
  })

  test('of trailers that no frame holds loses them', async () => {
    const { status, text, trailers, errors } = await answerOf((_req, res) => {
      res.addTrailers({ 'X-Long': 'x'.repeat(maxHeadLength) })
      res.end('ok')
    })
    expect([status, text, trailers, errors.length]).toEqual([200, 'ok', [], 1])
  })

  test('of an interim head that no frame holds goes without it', async () => {
    const { status, interim, errors } = await answerOf((_req, res) => {
      res.writeEarlyHints({ link: '</a>; rel=preload', 'x-long': 'x'.repeat(maxHeadLength) })
      res.end('ok')
    })
    expect([status, interim.length, errors.length]).toEqual([200, 0, 1])
  })
})

describe('an error of the handler', () => {
  test.each<[string, Listener]>([
    [
      'after setHeader()',
      (_req, res) => {
        res.setHeader('Content-Type', 'text/html')
        throw new Error('boom')
      },
    ],
    [
      'after writeHead()',
      (_req, res) => {
        res.writeHead(204, 'Fine', { 'Content-Type': 'text/html', 'X-Secret': '1' })
        throw new Error('boom')
      },
    ],
    [
      'after writeHead(), later',
      async (_req, res) => {
        res.writeHead(200, { 'X-Secret': '1' })
        await new Promise(setImmediate)
        throw new Error('boom')
      },
    ],
    [
      'with methods that were replaced',
      (_req, res) => {
        res.writeHead = () => {
          throw new Error('replaced')
        }
        throw new Error('boom')
      },
    ],
  ])('%s becomes a 500 with nothing of the response', async (_when, listener) => {
    const { status, reason, text, headers } = await answerOf(listener)
    expect([status, reason, text]).toEqual([500, '', 'Internal Server Error\n'])
    expect(headers).toEqual({ 'content-type': 'text/plain; charset=utf-8', 'content-length': '22' })
  })

  test('after the head has left breaks the response off', async () => {
    const { log } = errorLog()
    const { balancer } = await serve(
      (_req, res) => {
        res.write('half')
        throw new Error('boom')
      },
      {},
      { log },
    )
    await expect(balancer.fetch()).rejects.toThrow('reset: FAILED')
  })

  test('after the end changes nothing', async () => {
    const { status, errors } = await answerOf((_req, res) => {
      res.end('ok')
      throw new Error('boom')
    })
    expect([status, errors.length]).toEqual([200, 1])
  })
})

test.each(['099', '101', '200', '1e2.5', ''])(
  'an interim response of status %j is dropped, and the connection stays',
  async (status) => {
    const { balancer } = await serve((_req, res) => {
      const raw = res as unknown as { _writeRaw(text: string, encoding: string): void }
      raw._writeRaw(`HTTP/1.1 ${status} Odd\r\n\r\n`, 'latin1')
      res.end('ok')
    })
    for (let i = 0; i < 2; i++) {
      const { interim, text } = await balancer.fetch()
      expect([interim, text]).toEqual([[], 'ok'])
    }
  },
)

test('an interim response after the head has left is dropped', async () => {
  const { interim, text } = await answerOf((_req, res) => {
    res.write('a')
    try {
      res.writeContinue()
    } catch (error) {
      // Newer releases of Node.js throw.
      expect(error).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' })
    }
    res.end('b')
  })
  expect([interim, text]).toEqual([[], 'ab'])
})

describe('a short response goes without its length', () => {
  test.each<[string, Listener]>([
    ['has a Transfer-Encoding', (_req, res) => res.setHeader('Transfer-Encoding', 'chunked')],
    ['has no Content-Length any more', (_req, res) => res.removeHeader('Content-Length')],
  ])('if it %s', async (_, prepare) => {
    const { balancer } = await serve((req, res) => {
      prepare(req, res)
      res.end('hello')
    })
    const { head, answer } = balancer.call()
    // It would come with its length if it came in one piece.
    expect([(await head).status, (await answer).text]).toEqual([200, 'hello'])
    expect((await answer).isOnePiece).toBe(false)
  })

  test('and with it otherwise', async () => {
    expect((await answerOf((_req, res) => res.end('hello'))).isOnePiece).toBe(true)
  })
})

describe('the client’s connection', () => {
  test.each<[string, Listener]>([
    ['a Connection: close', (_req, res) => res.setHeader('Connection', 'x-a, Close').end()],
    ['one in writeHead', (_req, res) => res.writeHead(200, ['connection', 'close']).end()],
    [
      'shouldKeepAlive',
      (_req, res) => {
        res.shouldKeepAlive = false
        res.end()
      },
    ],
  ])('ends after the response by %s', async (_, listener) => {
    expect((await answerOf(listener)).headers['connection']).toBe('close')
  })

  test('stays by itself', async () => {
    expect((await answerOf((_req, res) => res.end())).headers['connection']).toBe(undefined)
  })

  test.each<[string, Listener]>([
    ['written', (req) => req.socket.write('HTTP/1.1 200 OK\r\n\r\n')],
    ['ended', (req) => req.socket.end('HTTP/1.1 200 OK\r\n\r\n')],
  ])('is closed, and the log tells, if its socket is %s to', async (_, listener) => {
    const { errors, log } = errorLog()
    const { balancer } = await serve(listener, {}, { log })
    await expect(balancer.fetch()).rejects.toThrow('reset: ABORTED')
    expect(errors.map(String)).toEqual([expect.stringMatching(/^Error: 19 bytes were written/)])
  })
})

describe('a response whose client leaves', () => {
  test('calls back for all that was written', async () => {
    const told: unknown[] = []
    const { balancer } = await serve((_req, res) => {
      for (const size of [1_000_000, 1]) {
        res.write(Buffer.alloc(size), (error) => {
          told.push((error as NodeJS.ErrnoException | undefined)?.code)
        })
      }
      res.on('close', () => told.push('close'))
    })
    const { stream, head } = balancer.call({ isSlow: true })
    await head
    stream.reset('CANCELLED')
    await until(() => told.length === 3)
    expect(told).toEqual(['close', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_DESTROYED'])
  })

  test('says drain, and calls back, when a slow client reads on', async () => {
    const told: unknown[] = []
    const { balancer } = await serve((_req, res) => {
      const goesOn = res.write(Buffer.alloc(1_000_000), () => told.push('written'))
      told.push(goesOn)
      res.on('drain', () => {
        told.push('drain')
        res.end()
      })
    })
    const call = balancer.call({ isSlow: true })
    await call.head
    call.readOn()
    expect((await call.answer).body.length).toBe(1_000_000)
    expect(told).toEqual([false, 'written', 'drain'])
  })
})
