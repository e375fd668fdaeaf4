/** The balancer's end of a connection to a worker, for tests. */
import {
  Connection,
  dial,
  type HandOver,
  type Hello,
  type Identity,
  joinHeaders,
  type Load,
  type Report,
  type RequestHead,
  type ResetCode,
  type ResponseHead,
  type ResumeChanges,
  type Stream,
  type StreamEnd,
  splitHeaders,
  type WarmthChanges,
} from '@resumelb/protocol'
import type { Worker } from '../../src/index.ts'

/** A response as a balancer gets it. */
export interface Answer {
  readonly status: number
  readonly reason: string
  /** By lower-case name; values of the same name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly text: string
  readonly trailers: readonly string[]
  readonly report: Report | undefined
  /** Whether its end came with its head. */
  readonly isOnePiece: boolean
  /** Heads below 200 that came first. */
  readonly interim: readonly ResponseHead[]
}

export interface Question {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly string[]
  readonly body?: Buffer | string
  readonly requestClass?: string
  readonly remoteAddress?: string
  readonly encrypted?: boolean
  readonly httpVersion?: string
  /** Sends no end by itself: the test writes the body to the stream. */
  readonly isOpen?: boolean
  /** Gives no credit for body bytes. */
  readonly isSlow?: boolean
  readonly units?: number
  readonly chain?: readonly number[]
  readonly isMovable?: boolean
}

/** A request under way. */
export interface Call {
  readonly stream: Stream
  readonly answer: Promise<Answer>
  /** Resolves when the first head from 200 has come. */
  readonly head: Promise<ResponseHead>
  /** Resolves when the worker gives the request up, before or after its answer. */
  readonly reset: Promise<ResetCode>
  /** Body bytes that have come. */
  received(): number
  /** Gives credit for all that has come, and from now on at once. */
  readOn(): void
}

let requests = 0

export class TestBalancer {
  readonly connection: Connection
  readonly hello: Hello
  readonly loads: Load[] = []
  readonly changes: ResumeChanges[] = []
  readonly warmths: WarmthChanges[] = []
  readonly handOvers: HandOver[] = []
  /** Resolves with the code of the end. */
  readonly closed: Promise<string>

  static async connect(worker: Worker, says: Partial<Identity> = {}): Promise<TestBalancer> {
    const socket = await dial(worker.address, 5_000)
    return new Promise((resolve, reject) => {
      let close: (code: string) => void = () => undefined
      const closed = new Promise<string>((settle) => {
        close = settle
      })
      const connection = new Connection(
        socket,
        { role: 'balancer', software: 'test/1', id: 'test', ...says },
        {
          onHello: (hello) => {
            balancer = new TestBalancer(connection, hello, closed)
            resolve(balancer)
          },
          onLoad: (load) => balancer?.loads.push(load),
          onResume: (changes) => balancer?.changes.push(changes),
          onWarmth: (changes) => balancer?.warmths.push(changes),
          onHandOver: (message) => balancer?.handOvers.push(message),
          onClose: (reason) => {
            close(reason.code)
            reject(reason)
          },
        },
      )
      let balancer: TestBalancer | undefined
    })
  }

  constructor(connection: Connection, hello: Hello, closed: Promise<string>) {
    this.connection = connection
    this.hello = hello
    this.closed = closed
  }

  async fetch(question: Question = {}): Promise<Answer> {
    return this.call(question).answer
  }

  call(question: Question = {}): Call {
    const chunks: Buffer[] = []
    const interim: ResponseHead[] = []
    let isSlow = question.isSlow === true
    let unread = 0
    let head: ResponseHead | undefined
    const { promise: headCame, resolve: onHead } = deferred<ResponseHead>()
    const { promise: reset, resolve: onReset } = deferred<ResetCode>()
    const { promise: answer, resolve, reject } = deferred<Answer>()
    answer.catch(() => undefined)
    const take = (chunk: Buffer) => {
      chunks.push(chunk)
      if (isSlow) unread += chunk.length
      else stream.consumed(chunk.length)
    }
    const finish = (end: StreamEnd, isOnePiece = false) => {
      if (head) resolve(answerOf(head, chunks, end, interim, isOnePiece))
      else reject(new Error('an end without a head'))
    }
    const { body } = question
    const bytes = body === undefined ? undefined : Buffer.from(body)
    const stream = this.connection.request(headOf(question), bytes, !question.isOpen, {
      onResponse: (response, first, end) => {
        if (response.status < 200 && response.status !== 101) {
          interim.push(response)
          return
        }
        head = response
        onHead(response)
        if (first) take(first)
        if (end) finish(end, true)
      },
      onData: take,
      onEnd: (end) => finish(end),
      onReset: (code) => {
        onReset(code)
        reject(new Error(`reset: ${code}`))
      },
      onDrain: () => undefined,
    })
    return {
      stream,
      answer,
      head: headCame,
      reset,
      received: () => chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      readOn: () => {
        isSlow = false
        stream.consumed(unread)
        unread = 0
      },
    }
  }
}

function headOf(question: Question): RequestHead {
  return {
    method: question.method ?? (question.body === undefined ? 'GET' : 'POST'),
    url: question.url ?? '/',
    headers: joinHeaders(['Host', 'site.example', ...(question.headers ?? [])]),
    requestClass: question.requestClass ?? 'site.example',
    id: `test-${++requests}`,
    remoteAddress: question.remoteAddress ?? '192.0.2.7',
    remotePort: 4711,
    encrypted: question.encrypted ?? false,
    httpVersion: question.httpVersion ?? '1.1',
    units: question.units,
    chain: question.chain,
    isMovable: question.isMovable ?? false,
  }
}

function answerOf(
  head: ResponseHead,
  chunks: readonly Buffer[],
  end: StreamEnd,
  interim: readonly ResponseHead[],
  isOnePiece: boolean,
): Answer {
  const rawHeaders = splitHeaders(head.headers)
  const headers: Record<string, string> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    const value = rawHeaders[i + 1] as string
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  const body = Buffer.concat(chunks)
  const { status, reason } = head
  const trailers = splitHeaders(end.trailers)
  return {
    status,
    reason,
    headers,
    rawHeaders,
    body,
    text: body.toString(),
    trailers,
    report: end.report,
    isOnePiece,
    interim,
  }
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<T>((settle, refuse) => {
    resolve = settle
    reject = refuse
  })
  return { promise, resolve, reject }
}
