/**
 * A multi-tenant application as a plain Node.js request listener: a tenant's pages are quick to
 * make while the process has the tenant's state, and slow when it has to read that first.
 *
 * Both costs are waiting, for the most part, as for a database: so eight worker processes, a load
 * balancer and a load generator fit on two processor cores without measuring the machine.
 */
import type { RequestListener, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { type AppOptions, appOptionsFrom } from './options.ts'
import { articleOf, parseTenant, rowsOfAnyTenant, type Tenant } from './tenant.ts'

/** Pages 0 to 9 take from half to one and a half times the mean. */
const pageKinds = 10

interface Entry {
  isLoaded: boolean
  readonly tenant: Promise<Tenant>
}

/**
 * Answers `GET /page/N`, and `GET /wait/MS` after so many milliseconds whatever the caches hold, for the tenant that the Host header names. `x-served` tells the load
 * generator how: worker, hit or miss, milliseconds from the call to the end.
 */
export function createApp(options: AppOptions): RequestListener {
  const { workerName, cached, warmMs, loadMs, preloaded } = options
  const entries = new LRUCache<string, Entry>({ max: cached })
  for (const name of preloaded) {
    entries.set(name, { isLoaded: true, tenant: Promise.resolve(read(name)) })
  }

  async function load(name: string): Promise<Tenant> {
    await wait(loadMs)
    return read(name)
  }

  /** Requests that want the same tenant at the same time share one reading of it. */
  function open(name: string): Entry {
    const known = entries.get(name)
    if (known !== undefined) return known
    const entry = { isLoaded: false, tenant: load(name) }
    entry.tenant.then(() => {
      entry.isLoaded = true
    })
    entries.set(name, entry)
    return entry
  }

  async function answer(host: string, page: number, response: ServerResponse): Promise<void> {
    const start = performance.now()
    const entry = open(host)
    const how = entry.isLoaded ? 'hit' : 'miss'
    const tenant = await entry.tenant
    await wait(warmMs * (0.5 + (page % pageKinds) / (pageKinds - 1)))
    const body = JSON.stringify({ tenant: tenant.name, ...articleOf(tenant, page) })
    const took = (performance.now() - start).toFixed(1)
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-served': `${workerName};${how};${took}`,
    })
    response.end(body)
  }

  async function answerAfter(milliseconds: number, response: ServerResponse): Promise<void> {
    await wait(milliseconds)
    response.writeHead(200, { 'x-served': `${workerName};hit;${milliseconds}` }).end()
  }

  return (request, response) => {
    const delay = /^\/wait\/(\d+)$/.exec(request.url ?? '')?.[1]
    if (delay !== undefined) return void answerAfter(Number(delay), response)
    const page = /^\/page\/(\d+)$/.exec(request.url ?? '')?.[1]
    const { host } = request.headers
    if (page === undefined || host === undefined) response.writeHead(404).end()
    else void answer(host, Number(page), response)
  }
}

function read(name: string): Tenant {
  return parseTenant(name, rowsOfAnyTenant)
}

const app: RequestListener = createApp(appOptionsFrom(process.env))
export default app
