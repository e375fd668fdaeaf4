/** The head of a request for the upstream server. Pure. */
import { addListed, withoutListed } from '@resumelb/common'
import { hopName, isToken, isValue } from './fields.ts'

/** The facts of a request. */
export interface RequestLike {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
}

export interface UpstreamRequestHead {
  /** In latin1, including the empty line. */
  readonly text: string
  /** How the end of the body is determined, if there is one; `upgrade`: what follows a 101. */
  readonly body: 'none' | 'length' | 'chunked' | 'upgrade'
  /** Length of a body with a Content-Length. */
  readonly length: number
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
}

/** The field that marks requests to warm up. Clients cannot send it. */
const warmUpName = 'X-Resumelb-Warm-Up'

/** A request target: no spaces and no control characters. */
const target = /^[\x21-\x7e\x80-\xff]+$/

/** Methods whose requests should have a Content-Length even without a body. */
const enclosingMethods: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The head for the server, or `undefined` if it is not valid in HTTP/1.1. Hop-by-hop fields of the
 * client are removed, the others keep their form and order. Content-Length and Transfer-Encoding
 * determine whether there is a body, even if none of it has arrived. `upgrade` names the protocols
 * that the connection may change to; `isWarmUp` marks a request that a worker has sent by itself.
 */
export function requestHead(
  { method, url, rawHeaders }: RequestLike,
  upgrade?: string,
  isWarmUp = false,
): UpstreamRequestHead | undefined {
  if (!(method && url && isToken(method) && target.test(url))) return undefined
  const facts = readFacts(rawHeaders)
  if (facts === undefined) return undefined
  let text = `${method} ${url} HTTP/1.1\r\n${facts.lines}`
  // RFC 9112 §3.2 requires an empty Host if it is unknown: HTTP/1.0 allows clients to omit it.
  if (!facts.hasHost) text += 'Host: \r\n'
  if (facts.isChunked) text += 'Transfer-Encoding: chunked\r\n'
  else if (facts.length !== undefined) text += `Content-Length: ${facts.length}\r\n`
  else if (enclosingMethods.has(method)) text += 'Content-Length: 0\r\n'
  if (isWarmUp) text += `${warmUpName}: 1\r\n`
  const length = Number(facts.length ?? 0)
  return {
    text: `${text}Connection: ${upgrade === undefined ? 'keep-alive' : `Upgrade\r\nUpgrade: ${upgrade}`}\r\n\r\n`,
    body: bodyOf(facts, length, upgrade),
    length,
    expectsContinue: facts.expectsContinue,
  }
}

function bodyOf(
  { isChunked }: Facts,
  length: number,
  upgrade: string | undefined,
): UpstreamRequestHead['body'] {
  if (isChunked) return 'chunked'
  if (length > 0) return 'length'
  return upgrade === undefined ? 'none' : 'upgrade'
}

interface Facts {
  lines: string
  hasHost: boolean
  isChunked: boolean
  length: string | undefined
  expectsContinue: boolean
}

function readFacts(rawHeaders: readonly string[]): Facts | undefined {
  const facts: Facts = {
    lines: '',
    hasHost: false,
    isChunked: false,
    length: undefined,
    expectsContinue: false,
  }
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    if (!(isToken(name) && isValue(value))) return undefined
    const hop = hopName(name)
    if (hop === undefined) addField(facts, name, value)
    else if (hop === 'transfer-encoding') facts.isChunked = true
    else if (hop === 'connection' && lists(value)) return readFacts(withoutThose(rawHeaders, value))
  }
  return facts
}

function addField(facts: Facts, name: string, value: string): void {
  switch (name.length) {
    case 4:
      if (name.toLowerCase() === 'host') facts.hasHost = true
      break
    case 6:
      if (name.toLowerCase() === 'expect') facts.expectsContinue = value.toLowerCase() === continues
      break
    case 14:
      if (name.toLowerCase() !== 'content-length') break
      facts.length = value
      // Written with the rest of the framing.
      return
    case warmUpName.length:
      if (name.toLowerCase() === warmUpName.toLowerCase()) return
      break
    default:
  }
  facts.lines += `${name}: ${value}\r\n`
}

const continues = '100-continue'

function lists(connection: string): boolean {
  return addListed(undefined, connection) !== undefined
}

/** Without the fields that a `Connection` field lists, and without that field. */
function withoutThose(rawHeaders: readonly string[], connection: string): string[] {
  const listed = addListed(new Set(['connection']), connection)
  return withoutListed([...rawHeaders], listed)
}
