/**
 * Loaded into the process of a test suite before it: every `http.Server` that the suite lets listen
 * is served through what RESUMELB_SUITE_WAY names, and cannot tell by its address.
 */
import { createServer, Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { LoadBalancer } from '@resumelb/lb'
import { silentLogger, Worker } from '@resumelb/worker'
import { plainProxy } from './plain-proxy.mjs'

/** How a server is reached; each gives what listens in its place, and ends what is behind that. */
const ways = { plain, resumelb }

const way = ways[process.env.RESUMELB_SUITE_WAY]
const listen = NetServer.prototype.listen
const close = Server.prototype.close

/** Servers of this file, which listen as they are. */
const own = new WeakSet()

if (way !== undefined) {
  Server.prototype.listen = function (...options) {
    return own.has(this) || this.listening ? listen.apply(this, options) : redirect(this, options)
  }
}

function plain(server) {
  const { address } = server
  const front = plainProxy(() => address.call(server).port)
  // Without a host it listens at once, and says so to the suite.
  const onListening = () => listen.call(server, 0)
  const end = () => new Promise((resolve) => close.call(server, resolve).closeAllConnections())
  return { front, onListening, end }
}

function resumelb(server) {
  const log = process.env.RESUMELB_SUITE_LOG ? { ...silentLogger, error: tell } : silentLogger
  // As a server, with its requests and its upgrades.
  const worker = new Worker(server, {}, { log })
  const trustedProxies = ['loopback']
  // Clients of the suites leave within a millisecond, and none half-closes.
  const halfCloseTime = 0
  // As the plain proxy: the suites' clients say themselves what proxies in front of it would.
  const options = { trustedProxies, forwarded: false, halfCloseTime, log: silentLogger }
  const balancer = new LoadBalancer(options)
  const front = createServer()
  balancer.attach(front)
  const ready = worker.listen().then(({ port }) => balancer.setWorkers([`127.0.0.1:${port}`]))
  const onListening = () => server.emit('listening')
  const end = async () => {
    await ready
    balancer.destroy()
    await worker.close()
    server.emit('close')
  }
  // A server of Node's own that closes ends its idle connections, too.
  const onClosing = () => balancer.drain()
  return { front, onListening, onClosing, end }
}

function redirect(server, options) {
  const { front, onListening, onClosing, end } = way(server)
  own.add(front)
  const callback = typeof options.at(-1) === 'function' ? options.pop() : undefined
  if (callback) server.once('listening', callback)
  front.on('listening', onListening)
  front.on('error', (error) => server.emit('error', error))
  Object.defineProperty(server, 'listening', { configurable: true, get: () => front.listening })
  const replaced = {
    address: () => front.address(),
    getConnections: (told) => front.getConnections(told),
    closeAllConnections: () => front.closeAllConnections(),
    closeIdleConnections: () => front.closeIdleConnections(),
    ref: () => void front.ref() ?? server,
    unref: () => void front.unref() ?? server,
    close: (told) => {
      const isOpen = front.listening
      for (const name of [...Object.keys(replaced), 'listening']) delete server[name]
      front.close((error) => {
        if (isOpen) end().then(() => told?.())
        else told?.(error)
      })
      onClosing?.()
      return server
    },
  }
  Object.assign(server, replaced)
  listen.apply(front, options)
  return server
}

/** What a handler throws, which a server of Node's own would end the process for. */
function tell({ err }, message) {
  process.stderr.write(`${message}: ${err?.stack ?? err}\n`)
}
