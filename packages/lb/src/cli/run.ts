/** Runs a load balancer as a process: listens, logs, heeds signals, leaves. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { awaitedClock, formatAddress, parseAddress, within } from '@resumelb/common'
import { ignoreSignals, shutdownSignal } from '@resumelb/common/cli'
import type pino from 'pino'
import { AccessLog } from '../admin/access-log.ts'
import type { Discovery } from '../discovery/discovery.ts'
import { LoadBalancer } from '../load-balancer.ts'
import type { LoadBalancerOptions } from '../load-balancer-options.ts'
import { connectionLimit, openFilesLimit } from './connection-limit.ts'
import type { SharedValues } from './syntax.ts'

/** Milliseconds that requests which were cut off have, at most, to be entered in the access log. */
const settleTime = 1_000

/** What begins and ends with a load balancer. */
export interface Service {
  start(balancer: LoadBalancer): Promise<void>
  stop(): Promise<void>
}

/** Serves until a signal comes, then finishes what is in progress. Resolves with the exit code. */
export async function run(
  name: string,
  args: SharedValues,
  options: LoadBalancerOptions,
  discovery: Discovery,
  log: pino.Logger,
  service?: Service,
): Promise<number> {
  const accessLog = args.accessLog === '' ? undefined : openAccessLog(args.accessLog, log)
  const balancer = new LoadBalancer({ ...options, log })
  if (accessLog !== undefined) balancer.events.on('requestEnded', (ended) => accessLog.write(ended))
  const signalled = listenToSignals(accessLog, log)
  const server = createHttpServer(args, balancer, log)
  await service?.start(balancer)
  const started = discovery.start({
    onWorkers: (addresses, missing) => balancer.setWorkers(addresses, missing),
    onSettings: (settings) => balancer.updateSettings(settings),
  })
  // Finding out who is there may take for ever, and leaving must not wait for it.
  if (await Promise.race([started.then(() => true), signalled.then(() => false)])) {
    const { host, port } = await listen(server, args, log)
    announce(name, formatAddress({ host, port }), log)
    warnOfItself(balancer, port, log)
    await discovery.listening?.(host, port)
    await signalled
  }
  await discovery.close()
  const cutOff = await drain(server, balancer, args.drainTimeout)
  const code = cutOff === undefined ? 0 : 1
  if (code !== 0) log.error({ requests: cutOff }, 'not all requests finished in time')
  await service?.stop()
  await accessLog?.close()
  return code
}

/** A port of this machine is taken for the port of a worker, now and then. */
function warnOfItself(balancer: LoadBalancer, ownPort: number, log: pino.Logger): void {
  for (const { address: worker } of balancer.workers) {
    const { host, port } = parseAddress(worker)
    if (port !== ownPort || !ownHosts.has(host)) continue
    log.error({ worker }, 'this address of a worker is the address of the load balancer itself')
  }
}

const ownHosts: ReadonlySet<string> = new Set(['', 'localhost', '127.0.0.1', '::1'])

/** Whatever the level of the log: with port 0, nobody could know the address otherwise. */
function announce(name: string, address: string, log: pino.Logger): void {
  if (log.isLevelEnabled('info')) log.info({ address, pid: process.pid }, 'listening')
  else process.stderr.write(`${name}: listening on ${address}\n`)
}

function openAccessLog(path: string, log: pino.Logger): AccessLog {
  return new AccessLog(path, (error) => {
    log.error({ path, error: error.message }, 'lines of the access log are lost')
  })
}

function createHttpServer(args: SharedValues, balancer: LoadBalancer, log: pino.Logger): Server {
  const server = createServer({
    maxHeaderSize: args.maxHeaderSize,
    keepAliveTimeout: args.keepAliveTimeout,
    headersTimeout: args.headersTimeout,
    // An upload may take as long as it takes: that it goes on is watched by --client-timeout.
    requestTimeout: 0,
  })
  balancer.attach(server)
  limitConnections(server, args.maxConnections, log)
  return server
}

/** Has the log say how many connections are too many, and how many of those come. */
function limitConnections(server: Server, wanted: number | undefined, log: pino.Logger): void {
  const openFiles = openFilesLimit()
  const safe = connectionLimit(openFiles)
  const maxConnections = wanted ?? safe
  if (maxConnections === undefined) return
  if (safe !== undefined && maxConnections > safe) {
    const facts = { maxConnections, openFiles }
    log.warn(facts, 'the limit of open files is too low for --max-connections')
  }
  server.maxConnections = maxConnections
  let dropped = 0
  server.on('drop', () => {
    dropped++
    if (dropped > 1) return
    // At once in few lines, however many come.
    setTimeout(() => {
      log.warn({ dropped, maxConnections }, 'connections dropped: --max-connections was reached')
      dropped = 0
    }, dropInterval)
  })
}

/** Milliseconds for which dropped connections are counted in one line. */
const dropInterval = 1_000

async function listen(
  server: Server,
  args: SharedValues,
  log: pino.Logger,
): Promise<{ host: string; port: number }> {
  const { host, port } = parseAddress(args.address)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, backlog: args.backlog, ...(host !== '' && { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // For want of file descriptors, for instance: those connected already are served on.
  server.on('error', (error) => log.error({ error: error.message }, 'cannot accept connections'))
  const bound = server.address() as AddressInfo
  return { host: bound.address, port: bound.port }
}

/** Resolves at the first signal to leave. A second one ends the process at once. */
async function listenToSignals(accessLog: AccessLog | undefined, log: pino.Logger): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) {
    process.on(signal, () => {
      if (accessLog !== undefined) reopen(accessLog, signal, log)
    })
  }
  ignoreSignals(['SIGUSR2'], (ignored) => log.info({ signal: ignored }, 'signal ignored'))
  const signal = await shutdownSignal(() => process.exit(1))
  log.info({ signal }, 'leaving: finishing what is in progress')
}

function reopen(accessLog: AccessLog, signal: NodeJS.Signals, log: pino.Logger): void {
  try {
    accessLog.reopen()
    log.info({ signal }, 'access log opened anew')
  } catch (error) {
    log.error({ signal, error: (error as Error).message }, 'cannot open the access log anew')
  }
}

/**
 * Accepts no more connections and lets the present ones finish. Resolves with the number of requests
 * that were cut off because they did not finish in time; with `undefined` if all did.
 */
async function drain(
  server: Server,
  balancer: LoadBalancer,
  timeout: number,
): Promise<number | undefined> {
  balancer.drain()
  const finished = new Promise<void>((resolve) => server.close(() => resolve()))
  if (await within(timeout, finished, awaitedClock)) {
    await balancer.close()
    return undefined
  }
  const cutOff = [...balancer.requests].length
  balancer.destroy()
  server.closeAllConnections()
  // The sockets' last events, for the access log.
  await within(settleTime, balancer.close(), awaitedClock)
  return cutOff
}
