/**
 * A stand-in for a model server, to try load balancers without a GPU:
 *
 *     node examples/model-engine/server.js --port 8000
 */
import { createServer } from 'node:http'
import { Server } from 'node:net'
import { parseArgs } from 'node:util'
import { serveEngine } from './chat-completions.js'
import { Engine } from './engine.js'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8000' },
    /** What its answers have as `system_fingerprint`. */
    name: { type: 'string', default: 'engine' },
    /** Tokens that the prefix cache keeps. */
    'max-tokens': { type: 'string', default: '200000' },
    /** Tokens of prompts in a second. */
    'prefill-rate': { type: 'string', default: '8000' },
    /** Milliseconds for each token of an answer. */
    'token-time': { type: 'string', default: '20' },
  },
})

const engine = new Engine({
  maxTokens: Number(values['max-tokens']),
  prefillRate: Number(values['prefill-rate']),
  tokenTime: Number(values['token-time']),
})

let isStopping = false
const answer = serveEngine(engine, values.name)
const server = createServer((request, response) => {
  if (isStopping) response.setHeader('Connection', 'close')
  answer(request, response)
})
server.listen(Number(values.port), values.host, () => {
  const { address, port } = server.address()
  console.error(`listening on ${address}:${port}`)
})

/**
 * Accepts no more connections, and ends when those that are open have become idle: requests on
 * their way here are answered. HTTP's own `close` would cut connections on which one arrives.
 */
process.once('SIGTERM', () => {
  isStopping = true
  Server.prototype.close.call(server, () => process.exit())
  console.error('stopping')
})
