/** What HTTP/2 connections of clients allow: the limits that docs/limits.md lists. */
import type { ServerSessionOptions, Settings } from 'node:http2'

/**
 * Requests that a client may have open at once; the rest waits at the client. RFC 9113 asks for 100
 * at least.
 */
export const maxConcurrentStreams = 100

/** Bytes of a request's body that may come before its reader has taken any. */
const streamWindow = 256 * 1024

/** The same for all requests of a connection together. */
export const connectionWindow: number = 1024 * 1024

/** Fields of a head. Browsers may send each cookie as one. */
const maxHeaderPairs = 1_000

/**
 * Bytes of a connection's heads and unsent frames, above which it gets no new streams. In
 * megabytes.
 */
const maxSessionMemory = 10

/** Frames that break the rules, empty ones included, above which a connection is closed. */
const maxInvalidFrames = 1_000

/** Streams that a client may open beyond the announced limit before its connection is closed. */
const maxRejectedStreams = 100

/** Entries of a SETTINGS frame. */
const maxSettingsEntries = 32

/**
 * Options of a session. Heads up to twice `maxHeadLength` bytes are read, so that one that is too
 * long is answered 431; beyond that, the stream is reset (ENHANCE_YOUR_CALM).
 */
export function sessionOptions(maxHeadLength: number): ServerSessionOptions {
  const settings: Settings = {
    maxConcurrentStreams,
    initialWindowSize: streamWindow,
    maxHeaderListSize: 2 * maxHeadLength,
    enablePush: false,
    // WebSocket over HTTP/2 (RFC 8441).
    enableConnectProtocol: true,
  }
  return {
    settings,
    maxHeaderListPairs: maxHeaderPairs,
    maxSessionMemory,
    maxSessionInvalidFrames: maxInvalidFrames,
    maxSessionRejectedStreams: maxRejectedStreams,
    maxSettings: maxSettingsEntries,
  }
}
