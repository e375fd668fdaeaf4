import { describe, expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../src/index.ts'
import { until } from '../support/setup.ts'
import { answering, rawServer } from './raw-server.ts'
import { answerTo, errorLog, ok, serveUpstream, serveUrl } from './serve-upstream.ts'

describe('a response of the server behind', () => {
  test('passes as it is, without fields of the hop', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.writeHead(201, 'Made', ['X-One', '1', 'X-One', '2', 'Keep-Alive', 'timeout=9'])
      res.end('done')
    })
    const { status, reason, headers, text } = await balancer.fetch()
    expect([status, reason, headers['x-one'], text]).toEqual([201, 'Made', '1, 2', 'done'])
    expect(headers['keep-alive']).toBeUndefined()
  })

  test('says how deep it was warm, which the client does not see', async () => {
    const warm = 'X-Resumelb-Warm: 6/9'
    const question = { chain: [1, 2, 3] }
    const answer = await answerTo(
      `HTTP/1.1 200 OK\r\n${warm}\r\nContent-Length: 0\r\n\r\n`,
      question,
    )
    expect(answer.rawHeaders).toEqual(['Content-Length', '0'])
    expect(answer.report?.depth).toBe(2)
  })

  test('leaves out the fields that its Connection lists', async () => {
    const fields = 'Connection: X-Hop, close\r\nX-Hop: 1\r\nX-Kept: 2\r\n'
    const { rawHeaders } = await answerTo(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`)
    expect(rawHeaders).toEqual(['X-Kept', '2', 'Content-Length', '0'])
  })

  test('may be a 304, or one to HEAD, with a length, and the connection goes on', async () => {
    const server = await rawServer((socket) =>
      socket.on('data', (bytes) => {
        const isHead = bytes.toString().startsWith('HEAD')
        const line = isHead ? '200 OK' : '304 Not Modified'
        socket.write(`HTTP/1.1 ${line}\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n`)
      }),
    )
    const { balancer } = await serveUrl(server.url)
    for (const [method, status] of [
      ['GET', 304],
      ['HEAD', 200],
      ['GET', 304],
    ] as const) {
      const answer = await balancer.fetch({ method })
      expect([answer.status, answer.rawHeaders, answer.text]).toEqual([
        status,
        ['ETag', '"a"', 'Content-Length', '1234'],
        '',
      ])
    }
    expect(server.connections()).toBe(1)
  })

  test('may be interim, and have trailers', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.writeProcessing()
      res.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => {
        res.writeHead(200, { Trailer: 'X-Sum' })
        res.write('body')
        res.addTrailers({ 'X-Sum': '42' })
        res.end()
      })
    })
    const { interim, text, trailers } = await balancer.fetch()
    expect(interim.map(({ status }) => status)).toEqual([102, 103])
    expect(interim[1]?.headers).toBe('Link\n</style.css>; rel=preload')
    expect([text, trailers]).toEqual(['body', ['X-Sum', '42']])
  })

  test('may begin with an unsolicited 100', async () => {
    const { text, interim } = await answerTo(`HTTP/1.1 100 Continue\r\n\r\n${ok}`)
    expect([text, interim]).toEqual(['ok', []])
  })

  test.each([
    ['Non trouv\xe9', 'Non trouv\xe9'],
    ['\xd0\x9d\xd0\xb5\xd1\x82', '\xd0\x9d\xd0\xb5\xd1\x82'],
    ['a\x01b', ''],
    ['', ''],
  ])('with the reason %j has the reason %j', async (sent, got) => {
    const response = `HTTP/1.1 404 ${sent}\r\nContent-Length: 2\r\n\r\nno`
    const { status, reason, text } = await answerTo(Buffer.from(response, 'latin1'))
    expect([status, reason, text]).toEqual([404, got, 'no'])
  })

  test.each(['099 Low', '000 Zero', '1000 High', '20 Short', 'OK', '101 Switching'])(
    'of status %s is a 502 for that request alone',
    async (line) => {
      let requests = 0
      const server = await rawServer((socket) =>
        socket.on('data', () => {
          requests++
          socket.write(requests % 2 === 1 ? `HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n` : ok)
        }),
      )
      const { balancer } = await serveUrl(server.url, silentLogger, { concurrency: 1 })
      const answers = [await balancer.fetch(), await balancer.fetch(), await balancer.fetch()]
      expect(answers.map(({ status }) => status)).toEqual([502, 200, 502])
    },
  )

  test.each([
    'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\nmore\r\n',
    'Content-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'X: a\x01b\r\n\r\n',
  ])('that is not valid before any of it has left is a 502: %j', async (rest) => {
    const { errors, log } = errorLog()
    const { url } = await rawServer(answering(`HTTP/1.1 200 OK\r\n${rest}`))
    const { balancer, worker } = await serveUrl(url, log)
    const { status, text } = await balancer.fetch()
    expect([status, text]).toEqual([502, 'Bad Gateway\n'])
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^no response: /)])
    expect(worker.resume.size).toBe(0)
  })

  test('that comes in the middle of an upload is passed on', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(
          'HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge',
        )
        // What was not read makes the system reset the connection.
        setImmediate(() => socket.destroy())
      })
    })
    const { balancer } = await serveUrl(server.url)
    const body = Buffer.alloc(5_000_000)
    for (let i = 0; i < 10; i++) {
      const headers = ['Content-Length', String(body.length)]
      const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
      stream.write(body)
      stream.end()
      const { status, text } = await answer
      expect([status, text]).toEqual([413, 'large'])
    }
  })

  test('that breaks off in the middle breaks off', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.write('half')
      setImmediate(() => res.destroy())
    })
    await expect(balancer.fetch()).rejects.toThrow('reset: FAILED')
  })

  test('that ends with its connection is whole, and is not if that was reset', async () => {
    const head = 'HTTP/1.1 200 OK\r\n\r\n'
    let breakOff = () => undefined as unknown
    const server = await rawServer((socket, number) => {
      breakOff = () => socket.resetAndDestroy()
      socket.once('data', () => {
        if (number === 0) socket.end(`${head}whole`)
        else socket.write(`${head}half`)
      })
    })
    const { balancer } = await serveUrl(server.url)
    expect((await balancer.fetch()).text).toBe('whole')
    const call = balancer.call()
    await call.head
    breakOff()
    await expect(call.answer).rejects.toThrow('reset: FAILED')
  })

  test('may have more bytes than announced, which are not taken for the next one', async () => {
    const server = await rawServer(
      answering(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    )
    const { balancer } = await serveUrl(server.url)
    expect((await balancer.fetch()).text).toBe('ok')
    expect((await balancer.fetch()).text).toBe('ok')
    expect(server.connections()).toBe(2)
  })

  test('that a client takes slowly is read slowly', async () => {
    let written = 0
    const { balancer } = await serveUpstream((_req, res) => {
      const chunk = Buffer.alloc(64 * 1024)
      const write = () => {
        while (written < 50_000_000) {
          written += chunk.length
          if (!res.write(chunk)) return res.once('drain', write)
        }
        return res.end()
      }
      write()
    })
    const call = balancer.call({ isSlow: true })
    await call.head
    let before = -1
    // The sockets' buffers fill until nothing moves any more.
    await until(() => {
      const hasStopped = before === written
      before = written
      return hasStopped && written > 0
    })
    expect(written).toBeLessThan(50_000_000)
    call.readOn()
    expect((await call.answer).body.length).toBe(written)
  })

  test('in many chunks that come at once waits once for a slow client', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    const large = 100_000
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunks = `${large.toString(16)}\r\n${'x'.repeat(large)}\r\n${'1\r\ny\r\n'.repeat(5_000)}`
    const server = await rawServer(answering(`${head}${chunks}0\r\n\r\n`))
    const { balancer } = await serveUrl(server.url)
    const call = balancer.call({ isSlow: true })
    await call.head
    call.readOn()
    expect((await call.answer).body.length).toBe(large + 5_000)
    expect(warnings).toEqual([])
  })

  test('that never begins is a 502, and its request is not sent twice', async () => {
    const { errors, log } = errorLog()
    let asked = 0
    const { balancer } = await serveUpstream((req) => {
      asked++
      req.socket.destroy()
    }, log)
    const { status, text } = await balancer.fetch({ url: '/a' })
    expect([status, text, asked]).toEqual([502, 'Bad Gateway\n', 1])
    expect(errors.map(({ facts }) => facts['url'])).toEqual(['/a'])
  })
})
