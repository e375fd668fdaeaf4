/**
 * The application on Node's own HTTP server, as HAProxy and nginx want it: HOST, PORT, CONCURRENCY
 * and the application's settings.
 *
 * SIGTERM ends it gracefully: health checks fail first, so that a balancer that asks sends nothing
 * new; then the server closes; what is in progress is finished.
 */
import { createServer } from 'node:http'
import app from './app.ts'
import { numberOf } from './options.ts'
import { withSlots } from './slots.ts'

/**
 * Milliseconds between failing health checks and closing; two checks at the contestants' interval.
 */
const noticeMs = 500
/** Longer than any balancer here keeps an idle connection, so that the balancer closes it. */
const keepAliveMs = 120_000

const limited = withSlots(numberOf(process.env, 'CONCURRENCY', 1), app)
let isDraining = false

const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
  if (request.url === '/health') response.writeHead(isDraining ? 503 : 200).end()
  else {
    if (isDraining) response.setHeader('connection', 'close')
    limited(request, response)
  }
})
server.listen(numberOf(process.env, 'PORT', 1), process.env['HOST'])

process.once('SIGTERM', () => {
  isDraining = true
  setTimeout(() => {
    server.close(() => process.exit())
    server.closeIdleConnections()
  }, noticeMs)
})
