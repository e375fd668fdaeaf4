/**
 * The text of a request to a language model, in the order in which a server reads it: tools and
 * instructions first, then the messages. Knows OpenAI's chat completions, completions, responses
 * and embeddings, and Anthropic's messages. Pure.
 *
 * The text is not what the server makes of it, but requests whose prompts have the same beginning
 * have texts with the same beginning. What clients change from one turn to the next without a
 * change of the prompt is left out: where Anthropic's `cache_control` marks stand, and whether a
 * text is alone or the only part of a list.
 */
import { linkOf } from '@resumelb/protocol'

/** Receives the text piece by piece. */
export type TextSink = (text: string) => void

/** Parts in parts: the results of tools have contents of their own. */
const maxDepth = 4

/** Separates the members of a message. */
const mark = '\u0000'

/** Members of the request that come before its messages. */
const tools = ['tools', 'functions'] as const
const instructions = ['system', 'instructions'] as const
const turns = ['messages', 'prompt', 'input'] as const

type Json = Readonly<Record<string, unknown>>

/** Whether the value is a request with such a text. */
export function isConversation(value: unknown): value is Json {
  return isObject(value) && turns.some((name) => value[name] !== undefined)
}

/** Passes on the text of a conversation. */
export function readConversation(request: Json, sink: TextSink): void {
  for (const name of tools) {
    if (request[name] !== undefined) sink(jsonOf(request[name]))
  }
  for (const name of instructions) {
    if (request[name] !== undefined) readContent(request[name], sink, 0)
  }
  for (const name of turns) {
    const value = request[name]
    if (!Array.isArray(value) || typeof value[0] === 'number') readContent(value, sink, 0)
    else for (const message of value) readMessage(message, sink)
  }
}

function readMessage(message: unknown, sink: TextSink): void {
  if (!isObject(message)) return readContent(message, sink, 0)
  sink(`${mark}${textOf(message['role'] ?? message['type'])}${mark}`)
  for (const name of Object.keys(message)) {
    if (name === 'role') continue
    if (name === 'content') readContent(message[name], sink, 0)
    else if (name !== 'cache_control') sink(`${mark}${name}${mark}${jsonOf(message[name])}`)
  }
}

/** A text, or a list of texts and other parts. */
function readContent(content: unknown, sink: TextSink, depth: number): void {
  if (typeof content === 'string') return sink(content)
  if (content === undefined || content === null) return
  if (!Array.isArray(content)) return sink(jsonOf(content))
  // Tokens.
  if (typeof content[0] === 'number') return sink(content.join(' '))
  for (const part of content) readPart(part, sink, depth)
}

function readPart(part: unknown, sink: TextSink, depth: number): void {
  if (!isObject(part)) return typeof part === 'string' ? sink(part) : sink(jsonOf(part))
  const { type, text, content, tool_use_id: call } = part
  if (typeof text === 'string') return sink(text)
  if (content === undefined || depth === maxDepth) return sink(jsonOf(part))
  sink(`${mark}${textOf(type)}${mark}${textOf(call)}${mark}`)
  readContent(content, sink, depth + 1)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, replaceMember) ?? ''
}

function replaceMember(name: string, value: unknown): unknown {
  if (name === 'cache_control') return undefined
  return typeof value === 'string' && isAttachment(value) ? attachmentText(value) : value
}

/** Characters of the shortest text that is taken for an image or another file in base64. */
const minAttachment = 1024
const base64 = /^(?:data:[\w/+.;=-]*,)?[\w+/=-]{512}/

function isAttachment(text: string): boolean {
  return text.length >= minAttachment && base64.test(text)
}

/** Characters that stand for an attachment, about as many tokens as models make of an image. */
const attachmentLength = 4096

/** An attachment counts for its content, and not for its length. */
function attachmentText(text: string): string {
  const name = `${linkOf('', text)}`
  return name.repeat(Math.ceil(attachmentLength / name.length)).slice(0, attachmentLength)
}
