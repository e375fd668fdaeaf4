/** Converts the shared options of the commands into the options of a load balancer. */
import { statSync } from 'node:fs'
import { type Logger, OptionError, readTextFile, silentLogger } from '@resumelb/common'
import { failureIn, UsageError } from '@resumelb/common/cli'
import { trustTest } from '../http/peers.ts'
import { checkRequestIdName } from '../http/request-id.ts'
import type { LoadBalancerOptions, PoolWorker } from '../load-balancer-options.ts'
import { balancingTable } from '../options.ts'
import type { Pool } from '../pool/pool.ts'
import { poolKinds, poolNames } from '../pool/registry.ts'
import type { StickyOptions } from '../sticky-options.ts'
import { upstreamTable } from '../workers/upstream/options.ts'
import { classifierOf } from './classifier-option.ts'
import { parseClientAddress } from './client-address.ts'
import { errorPagesFrom } from './error-pages-option.ts'
import { loadFunction, namesExport } from './load-export.ts'
import { processCount } from './processes-option.ts'
import { poolSettings, type SharedLine, type UsualSettings } from './syntax.ts'
import { workerTlsFrom } from './worker-tls.ts'

/**
 * Returns the options of the library. Throws an {@link OptionError}, or a {@link UsageError} for
 * options that exclude each other.
 */
export async function loadBalancerOptions(
  line: SharedLine,
  usual: UsualSettings,
  log: Logger = silentLogger,
): Promise<LoadBalancerOptions> {
  const { values, labelOf } = line
  const settings = settingsFrom(line, usual)
  const tables = { ...balancingTable, ...upstreamTable }
  const names = Object.keys(tables) as (keyof typeof tables)[]
  trustTest(values.trustedProxy, labelOf('trustedProxy'))
  refuseUntrustedHeaders(line)
  refuseRepl(line)
  // That the settings belong to the pool was checked above, which types cannot express.
  return {
    ...Object.fromEntries(names.map((name) => [name, values[name]])),
    classifier: await classifierOf(line),
    pool: await poolFrom(values.pool, labelOf('pool'), settings),
    settings,
    trustedProxies: values.trustedProxy,
    ...workerTlsFrom(line, log),
    via: values.via,
    requestId: values.requestId,
    ...requestIdHeaderFrom(line),
    traceparent: values.traceparent,
    forwarded: values.forwarded,
    ...stickyFrom(line),
    ...pagesFrom(line),
  } as LoadBalancerOptions
}

function requestIdHeaderFrom({ values, labelOf }: SharedLine): { requestIdHeader?: string } {
  const { requestIdHeader } = values
  if (requestIdHeader === undefined) return {}
  checkRequestIdName(requestIdHeader, labelOf('requestIdHeader'))
  return { requestIdHeader }
}

/** The PROXY protocol lets a peer name any client: only trusted peers may use it. */
function refuseUntrustedHeaders({ values, labelOf }: SharedLine): void {
  const { address, proxyProtocol, trustedProxy } = values
  if (trustedProxy.length > 0) return
  const given = address.map((text) => parseClientAddress(text).proxyProtocol ?? proxyProtocol)
  if (!given.includes(true)) return
  throw new UsageError(
    `The PROXY protocol needs ${labelOf('trustedProxy')}, which says whose headers are trusted`,
  )
}

/** The REPL looks into one process. */
function refuseRepl({ values, labelOf }: SharedLine): void {
  if (values.repl === undefined || processCount(values.processes) === 1) return
  throw new UsageError(`${labelOf('repl')} looks into one process: give no ${labelOf('processes')}`)
}

/** The options of sessions, if a cookie or a header is to name workers. */
function stickyFrom({ values, labelOf, isGiven }: SharedLine): { sticky?: StickyOptions } {
  const { sticky: cookie, stickyHeader: header, stickyMaxAge: maxAge } = values
  const secret = values.stickySecret ?? process.env['RESUMELB_STICKY_SECRET']
  if (cookie === undefined && header === undefined) {
    const [lonely] = ['stickyMaxAge', 'stickySecret'].filter(isGiven)
    if (lonely === undefined) return {}
    throw new UsageError(`${labelOf(lonely)} requires ${labelOf('sticky')}`)
  }
  return {
    sticky: {
      ...(cookie !== undefined && { cookie }),
      ...(header !== undefined && { header }),
      ...(maxAge !== undefined && { maxAge }),
      ...(secret && { secret }),
    },
  }
}

/** The given settings of the pool. Settings of other pools are an error. */
function settingsFrom(line: SharedLine, usual: UsualSettings): Record<string, unknown> {
  const { pool } = line.values
  const isOwn = namesExport(pool)
  const settings: Record<string, unknown> = {}
  for (const [name, { pools }] of poolSettings()) {
    const isKnown = isOwn || pools.includes(pool) || pools.includes('any pool')
    const given = line.values[name]
    if (given !== undefined && !isKnown) {
      throw new UsageError(
        `${line.labelOf(name)} is a setting of the pool ${pools.join(' or ')}, not of ${pool}`,
      )
    }
    const value = given ?? (isKnown ? usual[name] : undefined)
    if (value !== undefined) settings[name] = value
  }
  return settings
}

async function poolFrom(
  text: string,
  option: string,
  settings: Record<string, unknown>,
): Promise<string | (() => Pool<PoolWorker>)> {
  if (!namesExport(text)) {
    if (Object.hasOwn(poolKinds, text)) return text
    throw new OptionError(option, `./module.js#factory or one of ${poolNames.join(', ')}`, text)
  }
  const load = await loadFunction(option, text)
  const create = () => load(...([settings, Math.random] as never[])) as Pool<PoolWorker>
  if (typeof tried(create, text)?.assign === 'function') return create
  throw new OptionError(option, 'a function that makes a pool', text)
}

function tried<Result>(create: () => Result, what: string): Result {
  try {
    return create()
  } catch (error) {
    throw failureIn(what, error)
  }
}

/** A text that looks like a path must be one: `./sorry.html` is surely not the text of a page. */
const pathLike = /^\.{0,2}\/[^<>]*$|^[^\s<>]+\.(?:html?|txt)$/i

function pagesFrom({
  values,
  labelOf,
}: SharedLine): Pick<LoadBalancerOptions, 'disconnectMessage' | 'errorPages'> {
  const errorPages = errorPagesFrom(values.errorPage, labelOf('errorPage'))
  const page = pageFrom(values.disconnectMessage, labelOf('disconnectMessage'))
  if (page.disconnectMessage !== undefined && errorPages[502] !== undefined) {
    throw new UsageError(
      `Give either ${labelOf('disconnectMessage')} or ${labelOf('errorPage')} 502=FILE`,
    )
  }
  return { ...page, errorPages }
}

function pageFrom(text: string | undefined, option: string): { disconnectMessage?: string } {
  if (text === undefined) return {}
  const isFile = statSync(text, { throwIfNoEntry: false })?.isFile() === true
  if (isFile) return { disconnectMessage: readTextFile(text, option) }
  if (!pathLike.test(text)) return { disconnectMessage: text }
  throw new OptionError(option, 'a text, or the path of a file', text, {
    reason: 'there is no such file',
  })
}
