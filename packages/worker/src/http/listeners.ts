/** The functions that get requests. All kinds of handlers are converted to them. */
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HandlerRequest } from './request-facts.ts'

/** A request listener of Node; Express and Connect applications are such functions. */
export type RequestListener = (request: HandlerRequest, response: ServerResponse) => unknown

/**
 * The listener for requests for an upgrade, such as those of a WebSocket: what Node calls for the
 * event `upgrade` of an `http.Server`. The socket is a stream with what a `net.Socket` has.
 */
export type UpgradeListener = (request: HandlerRequest, socket: Duplex, head: Buffer) => unknown
