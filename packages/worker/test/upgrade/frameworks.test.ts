/** Plugins and libraries that take WebSockets, in a worker. */
import websocket from '@fastify/websocket'
import { splitHeaders, withUpgrade } from '@resumelb/protocol'
import fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { toApplication } from '../../src/cli/load-application.ts'
import { serve } from '../support/setup.ts'

const asking = {
  headers: splitHeaders(
    withUpgrade(
      ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='].join('\n'),
      'websocket',
    ),
  ),
  isOpen: true,
}

async function application() {
  const app = fastify()
  await app.register(websocket)
  app.get('/ws', { websocket: true }, (socket) => socket.send('hello'))
  app.get('/page', (_request, reply) => reply.send('page'))
  return app
}

describe('a Fastify application with @fastify/websocket', () => {
  test('takes WebSockets, pages and what is neither', async () => {
    const { handler, upgrade } = await toApplication(await application(), 'app')
    const { balancer } = await serve(handler, { ...(upgrade && { upgrade }) })
    expect((await balancer.fetch({ url: '/page' })).text).toBe('page')
    const call = balancer.call({ ...asking, url: '/ws' })
    expect((await call.head).status).toBe(101)
    // A text frame, and the client's close.
    call.stream.write(Buffer.from('888000000000', 'hex'))
    call.stream.end()
    expect((await call.answer).body.subarray(0, 7).toString('latin1')).toBe('\x81\x05hello')
    expect((await balancer.fetch({ ...asking, url: '/none' })).status).toBe(404)
  })
})
