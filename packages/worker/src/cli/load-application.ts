/** Loads the handler from a user's module. */
import {
  FailedModuleError,
  failureIn,
  importModule,
  settled,
  UsageError,
} from '@resumelb/common/cli'
import { type Handler, isFetchHandler, isServer, upgradeListenerOf } from '../handler.ts'
import type { RequestListener, UpgradeListener } from '../http/listeners.ts'

/** What a module serves. */
export interface Application {
  readonly handler: Handler
  /** Takes requests for an upgrade, if the module has something that does. */
  readonly upgrade?: UpgradeListener
}

/** An application that must get ready first, and then handles Node's requests: Fastify. */
interface RoutingApplication {
  ready(): PromiseLike<unknown>
  routing: RequestListener
  /** To which plugins listen for upgrades. */
  readonly server?: unknown
}

/** An application that returns a request listener: Koa. */
interface CallbackApplication {
  callback(): RequestListener
}

/**
 * Imports a module, by path (`./app.js`) or package name, and creates a handler from one of its
 * exports: a Fastify, Koa or Express application, a request listener, an object with `fetch`, an
 * `http.Server`, or a factory of one of these or of a promise of one. An export `upgrade` takes
 * requests for an upgrade, unless the other export does.
 *
 * A factory is a function that is declared without parameters: `() => app`, `async function
 * create()`. `(...args) => app(...args)` and `(req, res) => ...` are request listeners.
 */
export async function loadApplication(
  module: string,
  exportName = 'default',
): Promise<Application> {
  const exports = await importModule('MODULE', module)
  const found = exportName in exports ? exports[exportName] : undefined
  if (found === undefined) {
    const names = Object.keys(exports).join(', ') || 'nothing'
    throw new UsageError(`${module} exports no ${exportName}; it exports ${names}`)
  }
  const application = await toApplication(found, `${exportName} of ${module}`)
  const { upgrade } = exports as { upgrade?: unknown }
  if (upgrade === undefined || application.upgrade !== undefined) return application
  if (typeof upgrade !== 'function') {
    throw new UsageError(`Expected the export upgrade of ${module} to be a function`)
  }
  return { ...application, upgrade: upgrade as UpgradeListener }
}

/**
 * Creates an application from what a module exports. Rejects with a {@link UsageError} if that is
 * none.
 */
export async function toApplication(found: unknown, what: string): Promise<Application> {
  const application = isMaker(found) ? await make(found, what) : await settled(found, what)
  if (isRouting(application)) {
    await settled(application.ready(), `ready() of ${what}`)
    const handler: RequestListener = (request, response) => application.routing(request, response)
    return withUpgrades(handler, application.server)
  }
  if (isCallback(application)) return { handler: application.callback() }
  if (typeof application === 'function') return { handler: application as RequestListener }
  if (isServer(application)) return withUpgrades(application, application)
  if (isFetchHandler(application)) return { handler: application }
  const made = isMaker(found)
    ? `; it has no parameters, so it was called, and made ${nameOf(application)}`
    : ''
  throw new UsageError(
    `Expected ${what} to be a request listener, an application (Express, Fastify, Koa), an http.Server, an object with fetch(), or a function without parameters that makes one${made}`,
  )
}

function withUpgrades(handler: Handler, server: unknown): Application {
  const upgrade = upgradeListenerOf(server)
  return upgrade === undefined ? { handler } : { handler, upgrade }
}

async function make(maker: () => unknown, what: string): Promise<unknown> {
  try {
    return await settled(maker(), what)
  } catch (error) {
    throw error instanceof FailedModuleError ? error : failureIn(what, error)
  }
}

function isMaker(found: unknown): found is () => unknown {
  // An Express application takes (request, response, next), a bare listener at least the request.
  if (typeof found !== 'function' || found.length > 0 || isCallback(found)) return false
  // Rest parameters and those with defaults do not count in a function's length.
  return !/^[^(]*\(\s*[^\s)]/.test(Function.prototype.toString.call(found))
}

function nameOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a ${typeof value}`
}

function isRouting(application: unknown): application is RoutingApplication {
  const { ready, routing } = (application ?? {}) as Partial<RoutingApplication>
  return typeof ready === 'function' && typeof routing === 'function'
}

function isCallback(application: unknown): application is CallbackApplication {
  return typeof (application as Partial<CallbackApplication> | null)?.callback === 'function'
}
