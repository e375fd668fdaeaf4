/** What HTTP/2 connections of clients allow: the limits that docs/limits.md lists. */
import type { ServerSessionOptions, Settings } from 'node:http2'
import { maxHeadLength } from '@resumelb/protocol'

/**
 * Requests that a client may have open at once; the rest waits at the client. RFC 9113 asks for 100
 * at least.
 */
export const maxConcurrentStreams = 100

/**
 * Bytes of a request's body that may come before its reader has taken any: as many as HAProxy
 * allows, because it is what limits the memory of a connection, times {@link maxConcurrentStreams}.
 */
const streamWindow = 64 * 1024

/**
 * The same for all requests of a connection together. It bounds what is on its way, and no memory:
 * Node.js gives this credit back when it has read the bytes, whether the body is read or not.
 */
export const connectionWindow: number = 1024 * 1024

/** Fields of a head. Browsers may send each cookie as one. */
const maxHeaderPairs = 1_000

/**
 * Bytes of a connection's heads and unsent frames, above which it gets no new streams. In
 * megabytes.
 */
const maxSessionMemory = 10

/**
 * Bytes of a head or of trailers that are sent, as nghttp2 estimates them: up to 14 for a field of
 * four. So it fits all that a worker may send.
 */
const maxSendHeaderBlockLength = 4 * maxHeadLength

/** Frames that break the rules, empty ones included, above which a connection is closed. */
const maxInvalidFrames = 1_000

/** Streams that a client may open beyond the announced limit before its connection is closed. */
const maxRejectedStreams = 100

/** Entries of a SETTINGS frame. */
const maxSettingsEntries = 32

/**
 * Options of a session. Heads up to twice `maxRequestHead` bytes are read, so that one that is too
 * long is answered 431; beyond that, the stream is reset (ENHANCE_YOUR_CALM).
 */
export function sessionOptions(maxRequestHead: number): ServerSessionOptions {
  const settings: Settings = {
    maxConcurrentStreams,
    initialWindowSize: streamWindow,
    maxHeaderListSize: 2 * maxRequestHead,
    enablePush: false,
    // WebSocket over HTTP/2 (RFC 8441).
    enableConnectProtocol: true,
  }
  return {
    settings,
    maxHeaderListPairs: maxHeaderPairs,
    maxSendHeaderBlockLength,
    maxSessionMemory,
    maxSessionInvalidFrames: maxInvalidFrames,
    maxSessionRejectedStreams: maxRejectedStreams,
    maxSettings: maxSettingsEntries,
  }
}
