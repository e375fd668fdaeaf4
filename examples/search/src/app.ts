/** Full-text search for many tenants, as a plain Node.js request listener. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import { resolveSearchOptions, type SearchOptions, searchOptionsFrom } from './options.ts'
import { type Answer, errorPage, frontPage, type Served, tenantPage } from './page.ts'
import { buildTenantIndex, type TenantIndex } from './tenant-index.ts'
import { tenantNames, tenantOfHost } from './tenant-name.ts'

export type { SearchOptions } from './options.ts'

/** Hits in one answer. */
const hitLimit = 10
/** Characters of the longest query that is searched for. */
const queryLimit = 200

/**
 * Makes the application: `GET /` is a tenant's page, `GET /search?q=...` searches its documents.
 * Both need the tenant's index. Throws a `RangeError` for bad options.
 */
export function createApp(options: SearchOptions = {}): RequestListener {
  const { tenants, cached, documents, workerName } = resolveSearchOptions(options)
  const names = new Set(tenantNames(tenants))
  const indexes = new LRUCache<string, TenantIndex>({ max: cached })

  /** The tenant's index, out of the cache or newly built. */
  function open(tenant: string): { index: TenantIndex; was: Served['index']; indexMs: number } {
    const known = indexes.get(tenant)
    if (known !== undefined) return { index: known, was: 'warm', indexMs: 0 }
    const start = performance.now()
    const index = buildTenantIndex(tenant, documents)
    indexes.set(tenant, index)
    return { index, was: 'cold', indexMs: performance.now() - start }
  }

  return (request, response) => {
    response.setHeader('x-worker', headerValue(workerName))
    response.setHeader('vary', 'accept')
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
    const parameters = new URLSearchParams(search)
    const query = parameters.get('q')?.trim() ?? ''
    const refusal = refusalOf(request.method, path, query)
    if (refusal !== undefined) return refuse(request, response, ...refusal)
    const tenant = tenantOfHost(request.headers.host) ?? parameters.get('tenant')
    if (tenant === null && path === '/') {
      const port = /:\d+$/.exec(request.headers.host ?? '')?.[0] ?? ''
      return send(request, response, 200, 'text/html', frontPage([...names], port))
    }
    if (tenant === null || !names.has(tenant)) {
      const asked = tenant === null ? 'no tenant is named' : `there is no tenant "${tenant}"`
      return refuse(request, response, 404, `${asked}: ask for a host such as tenant-01.localhost`)
    }
    const { index, was, indexMs } = open(tenant)
    const start = performance.now()
    const answer = path === '/' ? undefined : { query, ...index.search(query, hitLimit) }
    const searchMs = performance.now() - start
    const served: Served = { worker: workerName, index: was, indexMs, searchMs }
    response.setHeader('x-index', was)
    response.setHeader('server-timing', timing(served))
    if (wantsHtml(request)) {
      send(request, response, 200, 'text/html', tenantPage(index, served, answer))
    } else {
      send(request, response, 200, 'application/json', toJson(index, served, answer))
    }
  }
}

/** The application with the settings of the environment: TENANTS, CACHED, DOCS, WORKER_NAME. */
const app: RequestListener = createApp(searchOptionsFrom(process.env))
export default app

/** Why a request is refused whatever tenant it is for, if it is: the status and the reason. */
function refusalOf(
  method: string | undefined,
  path: string,
  query: string,
): [number, string] | undefined {
  if (method !== 'GET' && method !== 'HEAD') return [405, 'only GET and HEAD are answered here']
  if (path === '/') return undefined
  if (path !== '/search') return [404, 'there are only / and /search?q=...']
  if (query === '') return [400, 'nothing to search for: add ?q=... to the address']
  if (query.length > queryLimit) return [400, `a query has at most ${queryLimit} characters`]
  return undefined
}

function toJson(index: TenantIndex, served: Served, answer: Answer | undefined): string {
  const { tenant, trade, documentCount, termCount, suggestions } = index
  const about = answer ?? { trade, documentCount, termCount, suggestions }
  return `${JSON.stringify({ tenant, ...served, ...about })}\n`
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
): void {
  if (status === 405) response.setHeader('allow', 'GET, HEAD')
  if (wantsHtml(request)) send(request, response, status, 'text/html', errorPage(status, message))
  else
    send(request, response, status, 'application/json', `${JSON.stringify({ error: message })}\n`)
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: 'text/html' | 'application/json',
  body: string,
): void {
  const contentType = type === 'text/html' ? 'text/html; charset=utf-8' : type
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Browsers name text/html; programs get JSON unless they do so too. */
function wantsHtml(request: IncomingMessage): boolean {
  return request.headers.accept?.includes('text/html') ?? false
}

/** For the browser's developer tools; see W3C Server Timing. */
function timing({ indexMs, searchMs }: Served): string {
  return `index;dur=${indexMs.toFixed(2)}, search;dur=${searchMs.toFixed(2)}`
}

/** What a header cannot carry becomes a question mark. */
function headerValue(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
