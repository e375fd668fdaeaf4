import { describe, expect, test } from 'vitest'
import { classifyByAttribute, classifyWithSize } from '../../src/index.ts'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import {
  ask,
  open,
  openRaw,
  readAnswer,
  startBalancer,
  startWorker,
  until,
} from '../support/balancer.ts'
import { askH2, openH2, startSecureBalancer } from '../support/secure-balancer.ts'
import { answer, plain, silent } from '../support/tiny-worker.ts'

const byModel = classifyWithSize(classifyByAttribute('json:model'), {
  units: 'body-size',
  chain: ['json:user'],
})

/** A busy machine may be slow. */
const patient = { classifier: byModel, classifyTimeout: 600_000 }

const post = (body: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
})
const json = (length = 0) => JSON.stringify({ model: 'm', user: 'u', text: 'x'.repeat(length) })

/** A request that may be cut off at the end of the test. */
const held = (port: number, headers: Record<string, string> = {}) =>
  open(port, post('', headers)).on('error', () => undefined)

/** Answers when the whole request has come. */
async function setUp(options: LoadBalancerOptions = {}) {
  const worker = await startWorker(async (caught) => {
    await caught.body
    answer('hello')(caught)
  })
  return { worker, ...(await startBalancer([worker], { ...patient, ...options })) }
}

describe('a request whose classifier needs the body', () => {
  test.each([10, 10_000, 100_000, 400_000])(
    'reaches the worker whole: %i bytes',
    async (length) => {
      const { worker, port, ended } = await setUp()
      expect((await ask(port, post(json(length)))).text).toBe('hello')
      const { head, body } = await worker.caught(1)
      expect((await body).toString()).toBe(json(length))
      expect(head).toMatchObject({ requestClass: 'm', units: json(length).length })
      expect(head.chain).toHaveLength(1)
      await until(() => ended.length === 1)
      expect(ended[0]).toMatchObject({ requestClass: 'm', bytesReceived: json(length).length })
    },
  )

  test('may come in chunks, with trailers', async () => {
    const { worker, port } = await setUp()
    let trailers = ''
    worker.onTrailers = (block) => {
      trailers = block
    }
    const sent = open(port, { ...post(''), headers: { ...post('').headers, trailer: 'x-sum' } })
    const answered = readAnswer(sent)
    sent.write(json().slice(0, 5))
    sent.addTrailers({ 'x-sum': '7' })
    sent.end(json().slice(5))
    expect((await answered).status).toBe(200)
    const { head, body } = await worker.caught(1)
    expect((await body).toString()).toBe(json())
    expect([head.requestClass, head.units]).toEqual(['m', json().length])
    await until(() => trailers !== '')
    expect(trailers.toLowerCase()).toBe('x-sum\n7')
  })

  test('is asked for its body if it waits for 100 (Continue)', async () => {
    const { worker, port } = await setUp()
    const sent = open(port, {
      ...post(''),
      headers: { ...post('').headers, expect: '100-continue' },
    })
    const answered = readAnswer(sent)
    await new Promise((resolve) => sent.once('continue', resolve))
    sent.end(json())
    expect((await answered).status).toBe(200)
    expect((await worker.caught(1)).head.requestClass).toBe('m')
  })

  test('may be one of HTTP/2', async () => {
    const worker = await startWorker(async (caught) => {
      await caught.body
      answer('hello')(caught)
    })
    const { port } = await startSecureBalancer([worker], patient)
    const session = await openH2(port)
    const headers = { ':method': 'POST', 'content-type': 'application/json' }
    const answers = [10, 300_000].map((length) => askH2(session, headers, json(length)))
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(['hello', 'hello'])
    for (const { head, body } of worker.requests) {
      expect(head.requestClass).toBe('m')
      expect((await body).length).toBe(head.units)
    }
    await askH2(session)
    expect((await worker.caught(3)).head.requestClass).toBe('')
  })

  test('goes to a worker at once without a body, or with one of another type', async () => {
    const { worker, port } = await setUp()
    await ask(port)
    held(port, { 'content-type': 'text/plain' }).write('{')
    const heads = [await worker.caught(1), await worker.caught(2)].map(({ head }) => head)
    expect(heads.map(({ requestClass, units }) => [requestClass, units])).toEqual([
      ['', undefined],
      ['', undefined],
    ])
  })

  test('is of the default class if its body is no JSON', async () => {
    const { worker, port } = await setUp()
    expect((await ask(port, post('{"model"'))).status).toBe(200)
    expect((await worker.caught(1)).head.requestClass).toBe('')
  })

  test('is refused if its body is invalid', async () => {
    const { worker, port, ended } = await setUp()
    const { socket, received } = openRaw(port)
    const head = 'Host: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked'
    socket.write(`POST / HTTP/1.1\r\n${head}\r\n\r\n2\r\n{"\r\nZZ\r\n`)
    await until(() => received().includes(' 400 '))
    await until(() => ended.length === 1)
    expect(worker.requests).toEqual([])
  })

  test('is forgotten if its client leaves', async () => {
    const { worker, port, balancer, ended } = await setUp({ maxClassifiedBodies: 100 })
    const sent = open(port, { ...post(''), headers: { ...post('').headers, 'content-length': 90 } })
    sent.on('error', () => undefined).write('{"model":')
    await until(() => [...balancer.requests].length === 1)
    sent.destroy()
    await until(() => ended.length === 1)
    expect(ended[0]?.reason).toBe('CLIENT_DISCONNECTED')
    expect(worker.requests).toEqual([])
    // Its room is free again.
    await ask(port, post(json(20)))
    expect((await worker.caught(1)).head.requestClass).toBe('m')
  })

  test('is sent again with its whole body, however long, if that is safe', async () => {
    const first = await startWorker(({ stream }) => stream.reset('REFUSED'))
    const second = await startWorker(async (caught) => {
      await caught.body
      answer('second')(caught)
    })
    const options = { ...patient, pool: 'round-robin' } as const
    const { port } = await startBalancer([first, second], options)
    for (const length of [300_000, 300_001]) {
      expect((await ask(port, post(json(length)))).text).toBe('second')
    }
    expect(first.requests.length).toBeGreaterThan(0)
    for (const { body, head } of second.requests) {
      expect(head.requestClass).toBe('m')
      expect((await body).length).toBe(head.units)
    }
  })

  test('waits for a worker with its class', async () => {
    const { port, balancer } = await startBalancer([], patient)
    const asked = ask(port, post(json(200_000)))
    await until(() => balancer.waiting === 1)
    const worker = await startWorker()
    balancer.setWorkers([worker.address])
    expect((await asked).text).toBe('hello')
    expect((await worker.caught(1)).head.requestClass).toBe('m')
  })
})

describe('a body that is not read to classify its request', () => {
  test('is one that is too long, which is streamed as ever', async () => {
    const { worker, port } = await setUp({ maxClassifiedBody: 1000 })
    expect((await ask(port, post(json(300_000)))).text).toBe('hello')
    const { head, body } = await worker.caught(1)
    expect([head.requestClass, head.units]).toEqual(['', json(300_000).length])
    expect((await body).toString()).toBe(json(300_000))
  })

  test('is one in chunks that turns out to be too long', async () => {
    const { worker, port, balancer } = await setUp({ maxClassifiedBody: 1000 })
    const causes: string[] = []
    balancer.events.on('bodyUnread', ({ cause }) => causes.push(cause))
    const sent = open(port, post(''))
    const answered = readAnswer(sent)
    sent.write(json(600).slice(0, 500))
    sent.write(json(300_000))
    await worker.caught(1)
    sent.end('{}')
    expect((await answered).text).toBe('hello')
    const { head, body } = await worker.caught(1)
    expect([head.requestClass, head.units]).toEqual(['', undefined])
    expect((await body).length).toBe(500 + json(300_000).length + 2)
    expect(causes).toEqual(['TOO_LONG'])
  })

  test('is one that does not come in time, and is sent on', async () => {
    const { worker, port } = await setUp({ classifyTimeout: 50 })
    const headers = { ...post('').headers, 'content-length': json().length }
    const sent = open(port, { ...post(''), headers })
    const answered = readAnswer(sent)
    sent.write(json().slice(0, 9))
    const { head, body } = await worker.caught(1)
    expect([head.requestClass, head.units]).toEqual(['', json().length])
    sent.end(json().slice(9))
    expect((await answered).text).toBe('hello')
    expect((await body).toString()).toBe(json())
  })

  test('is one for which there is no room beside those that are kept', async () => {
    const { worker, port } = await setUp({ maxClassifiedBodies: 150 })
    worker.behaviour = silent
    held(port).end(json(50))
    const kept = await worker.caught(1)
    held(port).end(json(51))
    expect((await worker.caught(2)).head.requestClass).toBe('')
    // Once its response has begun, it is kept no longer.
    worker.behaviour = answer('hello')
    kept.stream.respond(plain)
    await until(async () => {
      const { length } = worker.requests
      await ask(port, post(json(52)))
      return worker.requests[length]?.head.requestClass === 'm'
    })
  })
})

test('a worker of a release that knows no sizes gets the class only', async () => {
  const { worker, port, balancer } = await setUp()
  worker.sizes = false
  worker.breakConnections()
  await until(() => worker.accepted === 2 && balancer.workers.every(({ isReady }) => isReady))
  expect((await ask(port, post(json()))).status).toBe(200)
  const { head } = await worker.caught(1)
  expect(head.requestClass).toBe('m')
  expect([head.units, head.chain]).toEqual([undefined, undefined])
})

test('a classifier with bodies can be exchanged for one without, at run time', async () => {
  const { worker, port, balancer } = await setUp()
  balancer.setClassifier(() => 'all')
  held(port).write('{')
  expect((await worker.caught(1)).head.requestClass).toBe('all')
  balancer.setClassifier(
    Object.assign((_: unknown, body?: { text: string }) => body?.text ?? '', { readsBody: true }),
  )
  await ask(port, { method: 'POST', body: 'hi' })
  expect((await worker.caught(2)).head.requestClass).toBe('hi')
})
