/** The head of a request as it goes to the server behind. Pure. */
import { addListed, withoutListed } from '@resumelb/common'
import { hopName, isToken, isValue } from './fields.ts'

/** What is known of a request. */
export interface RequestLike {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
}

export interface UpstreamRequestHead {
  /** To be sent in Latin-1, the empty line included. */
  readonly text: string
  /** How the body ends, if there is one. */
  readonly body: 'none' | 'length' | 'chunked'
  /** Bytes of a body of a told length. */
  readonly length: number
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
}

/** A request target: whatever has no blanks and no control characters. */
const target = /^[\x21-\x7e\x80-\xff]+$/

/** Methods whose requests are expected to tell the length of the body even if there is none. */
const enclosingMethods: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The head for the server, or `undefined` if HTTP/1.1 cannot carry it. Fields of the client's hop are
 * left out, the others stay as they are and in order. Content-Length and Transfer-Encoding decide
 * whether there is a body, whatever has come of it so far.
 */
export function requestHead({
  method,
  url,
  rawHeaders,
}: RequestLike): UpstreamRequestHead | undefined {
  if (!(method && url && isToken(method) && target.test(url))) return undefined
  const facts = readFacts(rawHeaders)
  if (facts === undefined) return undefined
  let text = `${method} ${url} HTTP/1.1\r\n${facts.lines}`
  // RFC 9112 §3.2 asks for an empty one if nobody knows the host: HTTP/1.0 allows to leave it out.
  if (!facts.hasHost) text += 'Host: \r\n'
  if (facts.isChunked) text += 'Transfer-Encoding: chunked\r\n'
  else if (facts.length !== undefined) text += `Content-Length: ${facts.length}\r\n`
  else if (enclosingMethods.has(method)) text += 'Content-Length: 0\r\n'
  const length = Number(facts.length ?? 0)
  return {
    text: `${text}Connection: keep-alive\r\n\r\n`,
    body: facts.isChunked ? 'chunked' : length > 0 ? 'length' : 'none',
    length,
    expectsContinue: facts.expectsContinue,
  }
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
