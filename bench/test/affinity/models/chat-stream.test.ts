import { describe, expect, test } from 'vitest'
import { ChatStream } from '../../../affinity/models/chat-stream.ts'

const events = [
  { choices: [{ delta: { role: 'assistant', content: '' } }] },
  { choices: [{ delta: { content: 'one' } }] },
  { choices: [{ delta: { content: ' two' } }] },
  { choices: [{ delta: {}, finish_reason: 'length' }] },
  {
    choices: [],
    usage: { prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 64 } },
  },
]
const body = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`

describe('the stream of an answer', () => {
  test('is read wherever its parts end', () => {
    for (let length = 1; length < body.length; length++) {
      const stream = new ChatStream()
      for (let at = 0; at < body.length; at += length) stream.feed(body.slice(at, at + length))
      expect(stream).toMatchObject({ text: 'one two', isComplete: true })
      expect(stream.usage).toEqual({ prompt: 100, cached: 64 })
    }
  })

  test('has no text before the first token, and is not complete before its end', () => {
    const stream = new ChatStream()
    stream.feed(body.slice(0, body.indexOf('one')))
    expect(stream).toMatchObject({ text: '', isComplete: false })
    stream.feed(body.slice(body.indexOf('one'), body.indexOf('[DONE]')))
    expect(stream).toMatchObject({ text: 'one two', isComplete: false })
  })
})
