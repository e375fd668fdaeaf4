import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { ManualClock } from '@resumelb/common/testing'
import { defaultConnectionOptions } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import type { RequestListener } from '../../src/http/listeners.ts'
import type { TestBalancer } from '../support/balancer.ts'
import { serve, until } from '../support/setup.ts'

const { window } = defaultConnectionOptions

/** A worker whose handler does nothing but note what happens to its request. */
async function receive(handle: (request: IncomingMessage) => void = () => undefined) {
  const requests: IncomingMessage[] = []
  const events: string[] = []
  const { balancer } = await serve((request) => {
    requests.push(request)
    for (const event of ['end', 'aborted', 'error', 'close']) {
      request.on(event, () => events.push(event))
    }
    handle(request)
  })
  const stream = openUpload(balancer)
  await until(() => requests.length === 1)
  return { stream, events, request: requests[0] as IncomingMessage }
}

function openUpload(balancer: TestBalancer) {
  return balancer.call({ method: 'POST', isOpen: true }).stream
}

describe('the body of a request', () => {
  test('fills one window while it is not read', async () => {
    const { stream, request } = await receive()
    stream.write(Buffer.alloc(1_000_000))
    await until(() => request.readableLength === window)
    // Whatever would come in spite of that has come when an answer to something later has.
    await new Promise(setImmediate)
    expect(request.readableLength).toBe(window)
    expect(stream.queuedBytes).toBe(1_000_000 - window)
  })

  test('fills one window and what the reader asked for, while its reader pauses', async () => {
    const { stream, request } = await receive((request) =>
      request.once('data', () => request.pause()),
    )
    stream.write(Buffer.alloc(1_000_000))
    await until(() => request.readableLength >= window)
    await new Promise(setImmediate)
    expect(request.readableLength).toBeLessThanOrEqual(window + request.readableHighWaterMark)
  })

  test('can be read after the client has left', async () => {
    const { stream, request, events } = await receive()
    stream.write(Buffer.from('hello'))
    stream.end()
    await until(() => request.complete)
    stream.reset('CANCELLED')
    await until(() => events.includes('close'))
    expect(request.read()?.toString()).toBe('hello')
    expect(events).toEqual(['aborted', 'error', 'close'])
  })

  test('ends with an error where the client leaves before it is whole', async () => {
    const { stream, request, events } = await receive((request) => request.resume())
    stream.write(Buffer.from('hel'))
    await until(() => request.readableDidRead)
    stream.reset('CANCELLED')
    await until(() => events.includes('close'))
    expect(events).toEqual(['aborted', 'error', 'close'])
    expect(request).toMatchObject({ aborted: true, complete: false, readableEnded: false })
  })

  test('brings no events once it has been read to its end', async () => {
    const { stream, request, events } = await receive((request) => request.resume())
    stream.end()
    await until(() => events.includes('close'))
    stream.reset('CANCELLED')
    await new Promise(setImmediate)
    expect(events).toEqual(['end', 'close'])
    expect(request.aborted).toBe(false)
  })
})

describe('a body that comes after the response', () => {
  const early: RequestListener = (_request, response) => response.end('early')

  test('is received for a second if it is not read, and not needed after that', async () => {
    const clock = new ManualClock()
    const { balancer } = await serve(early, {}, { clock })
    const { stream, answer, reset } = balancer.call({ method: 'POST', isOpen: true })
    await answer
    stream.write(Buffer.alloc(1_000_000))
    await until(() => stream.queuedBytes === 0)
    expect(stream.isWritable).toBe(true)
    await clock.advance(1_000)
    expect(await reset).toBe('CANCELLED')
  })

  test('may end within that second', async () => {
    const clock = new ManualClock()
    const requests: IncomingMessage[] = []
    const { balancer } = await serve(
      (request, response) => {
        requests.push(request)
        response.end('early')
      },
      {},
      { clock },
    )
    const { stream, answer } = balancer.call({ method: 'POST', isOpen: true })
    await answer
    stream.end()
    await until(() => requests[0]?.complete === true)
    await clock.advance(1_000)
    expect(stream.isOver).toBe(true)
  })

  test.each(['destroy', 'destroySoon'] as const)(
    'does not come if the handler calls %s of the socket',
    async (method) => {
      let socket: Socket | undefined
      const { balancer } = await serve((request, response) => {
        socket = request.socket
        response.end('early')
      })
      const { answer, reset } = balancer.call({ method: 'POST', isOpen: true })
      expect((await answer).text).toBe('early')
      socket?.[method]()
      expect(await reset).toBe('ABORTED')
    },
  )
})

describe('a client that waits before it sends its body', () => {
  const question = { method: 'POST', isOpen: true, headers: ['Expect', '100-continue'] }

  test('is asked for it, once, when the handler reads', async () => {
    const { balancer } = await serve(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      response.end(text)
    })
    const { stream, answer } = balancer.call(question)
    stream.write(Buffer.from('body'))
    stream.end({ trailers: '' })
    const { text, interim } = await answer
    expect([text, interim.map(({ status }) => status)]).toEqual(['body', [100]])
  })

  test('is not asked for it if the handler answers by the head alone', async () => {
    const { balancer } = await serve((_request, response) => response.writeHead(413).end())
    const { status, interim } = await balancer.call(question).answer
    expect([status, interim]).toEqual([413, []])
  })
})
