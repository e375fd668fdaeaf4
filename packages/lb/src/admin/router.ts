/** Answers the requests of the admin server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { OptionError } from '@resumelb/common'
import { type AccessOptions, refusalOf } from './access.ts'
import type { AdminBackend } from './backend.ts'
import { type Author, type ChangeAnswer, ChangeError } from './changes.ts'
import type { EventStream } from './event-stream.ts'
import { jsonText } from './json-text.ts'
import { PageFiles, pagePolicy } from './page-files.ts'
import { BodyError, readBody, readJson } from './read-json.ts'

/** Classes that the status lists unless `?classes=` says otherwise. */
const usualClasses = 50

/** Classes that the status lists at most. */
const maxClasses = 1_000

/** Bytes of the body of a request to explain, and requests that are explained at once. */
const maxExplainedLength = 16 * 1024 * 1024
const maxExplained = 4

/** Characters of the name that a client gives itself. */
const maxUserLength = 100

export interface RouterContext {
  readonly backend: AdminBackend
  readonly stream: EventStream
  readonly access: AccessOptions
}

/** A request, as routes see it. */
interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
}

/** The JSON object that a change is described by. */
type Body = Readonly<Record<string, unknown>>

interface Route {
  readonly method: 'GET' | 'POST'
  /** What its groups match is decoded and handed over. */
  readonly path: RegExp
  readonly isPublic?: true
  /** It changes nothing, although it is a POST. */
  readonly isReading?: true
  readonly handle: (call: Call, parts: readonly string[]) => Promise<void> | void
}

export class Router {
  readonly #context: RouterContext
  readonly #routes: readonly Route[]
  readonly #page: PageFiles = new PageFiles()
  /** Bodies of requests to explain that are kept. */
  #explaining = 0

  constructor(context: RouterContext) {
    this.#context = context
    const { backend } = context
    const { changes } = backend
    this.#routes = [
      { method: 'GET', path: /^\/$/, isPublic: true, handle: (call) => this.#index(call) },
      {
        method: 'GET',
        path: /^\/healthz$/,
        isPublic: true,
        handle: (call) => text(call, 200, 'ok'),
      },
      {
        method: 'GET',
        path: /^\/readyz$/,
        isPublic: true,
        handle: async (call) =>
          (await backend.isReady()) ? text(call, 200, 'ok') : text(call, 503, 'not ready'),
      },
      {
        method: 'GET',
        path: /^\/(page\.js|page\.css|icon\.svg)$/,
        isPublic: true,
        handle: (call, [name = '']) => this.#pageFile(call, name),
      },
      { method: 'GET', path: /^\/status$/, handle: (call) => this.#status(call) },
      {
        method: 'GET',
        path: /^\/history$/,
        handle: async (call) => json(call, 200, await backend.history()),
      },
      { method: 'GET', path: /^\/events$/, handle: (call) => this.#events(call) },
      { method: 'GET', path: /^\/explain$/, handle: (call) => this.#explain(call) },
      {
        method: 'POST',
        path: /^\/explain$/,
        isReading: true,
        handle: (call) => this.#explainBody(call),
      },
      {
        method: 'GET',
        path: /^\/metrics$/,
        handle: async (call) => {
          const { contentType, text } = await backend.metrics()
          send(call, 200, contentType, text)
        },
      },
      this.#workerRoute('add', (worker, _body, author) => changes.add(worker, author)),
      this.#workerRoute('remove', (worker, _body, author) => changes.remove(worker, author)),
      this.#workerRoute('drain', (worker, body, author) => changes.drain(worker, body, author)),
      this.#workerRoute('ready', (worker, _body, author) => changes.ready(worker, author)),
      {
        method: 'POST',
        path: /^\/settings$/,
        handle: (call) => this.#change(call, (body, author) => changes.set(body, author)),
      },
      {
        method: 'POST',
        path: /^\/reload$/,
        handle: (call) => this.#change(call, (_body, author) => changes.reload(author)),
      },
    ]
  }

  /** Answers a request, whatever it is. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSafeHeaders(response)
    const url = urlOf(request)
    if (url === undefined) return fail({ request, response }, 400, 'The target is not valid.')
    const call = { request, response, url }
    const found = this.#routes.filter(({ path }) => path.test(url.pathname))
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
    const isPublic = found.some((route) => route.isPublic)
    const isWriting = !(method === 'GET' || found.some((route) => route.isReading))
    const asked = { isWriting, headers: request.headers, isPublic }
    const refusal = refusalOf(asked, this.#context.access)
    if (refusal !== undefined) {
      if (refusal.status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
      return fail(call, refusal.status, refusal.message)
    }
    const route = found.find((one) => one.method === method)
    if (route !== undefined) return route.handle(call, partsOf(route.path, url.pathname))
    if (found.length === 0) return fail(call, 404, `There is nothing at ${url.pathname}.`)
    response.setHeader('Allow', [...new Set(found.map((one) => one.method))].join(', '))
    fail(call, 405, `The method ${request.method} is not allowed here.`)
  }

  /** The page for browsers, for others the list of what there is. */
  #index(call: Call): Promise<void> | void {
    if (call.request.headers.accept?.includes('text/html'))
      return this.#pageFile(call, 'index.html')
    const lines = this.#routes.map(({ method, path }) => `${method} ${plainPath(path)}`)
    text(call, 200, lines.join('\n'))
  }

  async #pageFile(call: Call, name: string): Promise<void> {
    const file = await this.#page.read(name)
    if (file === undefined) return fail(call, 503, 'The page is not built: run npm run build.')
    call.response.setHeader('Content-Security-Policy', pagePolicy)
    send(call, 200, file.type, file.text)
  }

  async #status(call: Call): Promise<void> {
    const classes = classesOf(call)
    if (classes !== undefined) json(call, 200, await this.#context.backend.status(classes))
  }

  async #events(call: Call): Promise<void> {
    const { stream, backend } = this.#context
    const classes = classesOf(call)
    if (classes === undefined) return
    if (call.request.method === 'HEAD') return send(call, 200, 'text/event-stream', '')
    await backend.prepare(classes)
    if (call.response.destroyed) return
    if (!stream.hasRoom) return fail(call, 503, 'Too many clients are reading the events already.')
    stream.add(call.response, classes)
  }

  async #explain(call: Call): Promise<void> {
    const answer = await this.#context.backend.explain(call.url.searchParams)
    json(call, 'error' in answer ? 400 : 200, answer)
  }

  /** The body is that of a request to classify, and of any type. */
  async #explainBody(call: Call): Promise<void> {
    if (this.#explaining >= maxExplained) {
      call.response.setHeader('Connection', 'close')
      return fail(call, 503, 'Too many requests are being explained already.')
    }
    this.#explaining++
    try {
      const body = await readBody(call.request, maxExplainedLength)
      const answer = await this.#context.backend.explain(call.url.searchParams, body)
      json(call, 'error' in answer ? 400 : 200, answer)
    } catch (error) {
      if (!(error instanceof BodyError)) throw error
      call.response.setHeader('Connection', 'close')
      fail(call, error.status, error.message)
    } finally {
      this.#explaining--
    }
  }

  #workerRoute(
    action: string,
    change: (worker: string, body: Body, author: Author) => Promise<ChangeAnswer>,
  ): Route {
    return {
      method: 'POST',
      path: new RegExp(`^/workers/([^/]+)/${action}$`),
      handle: (call, [worker = '']) =>
        this.#change(call, (body, author) => change(worker, body, author)),
    }
  }

  async #change(
    call: Call,
    change: (body: Body, author: Author) => ChangeAnswer | Promise<ChangeAnswer>,
  ): Promise<void> {
    try {
      const body = await readJson(call.request)
      const { status, document } = await change(body, authorOf(call.request))
      json(call, status, document)
    } catch (error) {
      if (error instanceof BodyError) {
        // What is left of the body would be taken for the next request.
        call.response.setHeader('Connection', 'close')
        fail(call, error.status, error.message)
      } else if (error instanceof OptionError) fail(call, 400, error.message)
      else if (error instanceof ChangeError) fail(call, error.status, error.message)
      else throw error
    }
  }
}

function authorOf({ socket, headers }: IncomingMessage): Author {
  const name = headers['x-admin-user']
  const user = typeof name === 'string' ? name.slice(0, maxUserLength) : ''
  return { client: socket.remoteAddress ?? 'unix socket', user }
}

function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://admin') && url.startsWith('/')
    ? new URL(url, 'http://admin')
    : undefined
}

function partsOf(path: RegExp, pathname: string): string[] {
  return (path.exec(pathname) ?? []).slice(1).map(decoded)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A path as people write it. */
function plainPath({ source }: RegExp): string {
  return source.replaceAll(/[\\^$]/g, '').replace('([/]+)', 'WORKER')
}

/** How many classes are asked for; `undefined`, and the answer is sent, if that is no number. */
function classesOf(call: Call): number | undefined {
  const given = call.url.searchParams.get('classes')
  if (given === null) return usualClasses
  if (/^\d{1,4}$/.test(given) && Number(given) <= maxClasses) return Number(given)
  fail(call, 400, `Expected classes to be a whole number from 0 to ${maxClasses}.`)
  return undefined
}

/** Nothing here may be kept, framed, guessed or run by a browser. */
function setSafeHeaders(response: ServerResponse): void {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Frame-Options', 'DENY')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
}

type Answered = Pick<Call, 'request' | 'response'>

function fail(call: Answered, status: number, error: string): void {
  json(call, status, { error })
}

function json(call: Answered, status: number, document: object): void {
  send(call, status, 'application/json', `${jsonText(document)}\n`)
}

function text(call: Answered, status: number, message: string): void {
  send(call, status, 'text/plain; charset=utf-8', `${message}\n`)
}

function send({ request, response }: Answered, status: number, type: string, body: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', type)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(request.method === 'HEAD' ? undefined : body)
}
