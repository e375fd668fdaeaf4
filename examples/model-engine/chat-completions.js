/** OpenAI's interface for an engine: chat completions, in one piece or as a stream of events. */
import { randomUUID } from 'node:crypto'

/** Bytes of the longest request that is read. */
const maxBodyLength = 64 * 1024 * 1024

/** Tokens of an answer if the request has no limit. */
const defaultMaxTokens = 16

/**
 * A listener for the requests of an HTTP server. The name of the engine is the
 * `system_fingerprint` of its answers.
 *
 * @param {import('./engine.js').Engine} engine
 * @param {string} name
 * @returns {import('node:http').RequestListener}
 */
export function serveEngine(engine, name) {
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://engine').pathname
    if (request.method === 'POST' && path === '/v1/chat/completions') {
      complete(engine, name, request, response).catch((error) => fail(response, error))
    } else if (path === '/v1/models') {
      sendJson(response, 200, { object: 'list', data: [{ id: name, object: 'model' }] })
    } else if (path === '/metrics') sendMetrics(response, engine)
    else if (path === '/health') response.end()
    else refuse(response, 404, `no such path: ${path}`)
  }
}

async function complete(engine, name, request, response) {
  const asked = await readJson(request)
  if (!Array.isArray(asked?.messages)) return refuse(response, 400, 'Expected JSON with messages')
  const left = new AbortController()
  response.on('close', () => left.abort())
  const answer =
    asked.stream === true ? new EventAnswer(asked, response) : new WholeAnswer(response)
  answer.head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: asked.model ?? name,
    system_fingerprint: name,
  }
  const maxTokens = asked.max_completion_tokens ?? asked.max_tokens ?? defaultMaxTokens
  await engine.answer(promptOf(asked), maxTokens, answer, left.signal)
  answer.end()
}

/** The text that a model would read; the beginning of the next turn of the same conversation. */
function promptOf({ tools, messages }) {
  const opening = tools === undefined ? '' : JSON.stringify(tools)
  const turns = messages.map(({ role, content }) => `\n<${role}>${textOf(content)}`)
  return `${opening}${turns.join('')}\n<assistant>`
}

function textOf(content) {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '')
}

class WholeAnswer {
  head = {}
  #response
  #usage = { prompt: 0, cached: 0 }
  #tokens = []

  constructor(response) {
    this.#response = response
  }

  onPrefill = (usage) => {
    this.#usage = usage
  }

  onToken = (text) => {
    this.#tokens.push(text)
  }

  end() {
    const message = { role: 'assistant', content: this.#tokens.join('') }
    sendJson(this.#response, 200, {
      ...this.head,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'length' }],
      usage: usageOf(this.#usage, this.#tokens.length),
    })
  }
}

class EventAnswer {
  head = {}
  #response
  #includesUsage
  #usage = { prompt: 0, cached: 0 }
  #count = 0

  constructor({ stream_options: options }, response) {
    this.#response = response
    this.#includesUsage = options?.include_usage === true
  }

  onPrefill = (usage) => {
    this.#usage = usage
    this.#response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    this.#choose({ role: 'assistant', content: '' })
  }

  onToken = (content) => {
    this.#count++
    this.#choose({ content })
  }

  end() {
    this.#choose({}, 'length')
    if (this.#includesUsage) {
      this.#send({ choices: [], usage: usageOf(this.#usage, this.#count) })
    }
    this.#response.end('data: [DONE]\n\n')
  }

  #choose(delta, reason = null) {
    this.#send({ choices: [{ index: 0, delta, finish_reason: reason }] })
  }

  #send(members) {
    const chunk = { ...this.head, object: 'chat.completion.chunk', ...members }
    this.#response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
}

function usageOf({ prompt, cached }, completion) {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  }
}

/** Resolves with nothing if the body is too long or no JSON. */
async function readJson(request) {
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > maxBodyLength) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined
  }
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(value))
}

function sendMetrics(response, engine) {
  const lines = Object.entries(engine.metrics).map(([name, value]) => `engine_${name} ${value}\n`)
  response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' })
  response.end(lines.join(''))
}

function refuse(response, status, message) {
  sendJson(response, status, { error: { message, type: 'invalid_request_error' } })
}

/** The client has left, which is no fault, or the program has one. */
function fail(response, error) {
  response.destroy()
  if (error.name !== 'AbortError' && error.code !== 'ECONNRESET') throw error
}
