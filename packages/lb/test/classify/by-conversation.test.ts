import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classifyByConversation } from '../../src/classify/by-conversation.ts'
import { boundPick } from '../../src/classify/classifier.ts'
import { ReadBody } from '../../src/http/body-view.ts'
import type { RequestView } from '../../src/http/request-view.ts'

const post = {
  method: 'POST',
  url: '/v1/chat/completions',
  rawHeaders: ['Content-Type', 'application/json', 'Content-Length', '4000'],
} as unknown as RequestView

const classify = (json: unknown, request = post) =>
  classifyByConversation(request, new ReadBody(Buffer.from(JSON.stringify(json))))
const chainOf = (json: unknown) => classify(json).chain ?? []

const long = (name: string, blocks = 2) => `${name} `.repeat(Math.ceil((2048 * blocks) / 5))
const user = (content: unknown) => ({ role: 'user', content })
const messages = [user(long('ask1')), { role: 'assistant', content: long('say1') }]

describe('the class of a request to a model', () => {
  test('is the model', () => {
    expect(classify({ model: 'small', messages: [user('hi')] }).requestClass).toBe('small')
    expect(classify({ messages: [user('hi')] }).requestClass).toBe('')
    expect(classify({ model: 7, messages: [user('hi')] }).requestClass).toBe('')
  })

  test('is the default one without a conversation, with units by the length of the body', () => {
    expect(classifyByConversation(post)).toEqual({ requestClass: '', units: 1000 })
    expect(classify({ model: 'small' })).toEqual({ requestClass: '', units: 5 })
    const get = { method: 'GET', url: '/v1/models', rawHeaders: [] } as unknown as RequestView
    expect(classifyByConversation(get)).toEqual({ requestClass: '' })
  })
})

describe('the chain of a conversation', () => {
  test('has no link before the conversation has a block', () => {
    expect(classify({ model: 'm', messages: [user('hi')] }).chain).toEqual([])
  })

  test('goes on where the one before has ended', () => {
    const first = chainOf({ model: 'm', messages: messages.slice(0, 1) })
    const second = chainOf({ model: 'm', messages })
    const third = chainOf({ model: 'm', messages: [...messages, user('short')] })
    expect(first.length).toBeGreaterThan(0)
    expect(second.length).toBeGreaterThan(first.length)
    expect(second.slice(0, first.length)).toEqual(first)
    expect(third.slice(0, second.length)).toEqual(second)
  })

  test.each([
    ['the model', { model: 'other' }],
    ['the tools', { tools: [{ name: 'search' }] }],
    ['the functions', { functions: [{ name: 'search' }] }],
    ['the system prompt', { system: 'Be brief.' }],
    ['the instructions', { instructions: 'Be brief.' }],
  ])('is another one with a change of %s', (_name, change) => {
    const before = chainOf({ model: 'm', messages })
    const after = chainOf({ model: 'm', messages, ...change })
    expect(after.filter((link) => before.includes(link))).toEqual([])
  })

  test.each([
    ['what is not part of the prompt', { temperature: 1, stream: true, max_tokens: 5, user: 'u' }],
    ['an empty system prompt', { system: '' }],
  ])('does not depend on %s', (_name, change) => {
    const before = chainOf({ model: 'm', messages })
    expect(chainOf({ ...change, messages, model: 'm' })).toEqual(before)
  })

  test('does not depend on marks for a cache, which move along with a conversation', () => {
    const marked = (at: number) => ({
      model: 'm',
      system: [{ type: 'text', text: long('sys'), cache_control: { type: 'ephemeral' } }],
      tools: [{ name: 't', cache_control: { type: 'ephemeral' } }],
      messages: messages.map(({ role, content }, i) => ({
        role,
        content: i === at ? [{ type: 'text', text: content, cache_control: {} }] : content,
      })),
    })
    expect(chainOf(marked(0))).toEqual(chainOf(marked(1)))
  })

  test('depends on what tools were called with and have returned', () => {
    const conversation = (query: string, result: string) => ({
      model: 'm',
      messages: [
        { role: 'assistant', content: null, tool_calls: [{ function: { arguments: query } }] },
        user([
          { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: result }] },
        ]),
        user(long('then')),
      ],
    })
    const first = (query: string, result: string) => chainOf(conversation(query, result))[0]
    const links = [first('a', 'b'), first('b', 'b'), first('a', 'c')]
    expect(new Set(links).size).toBe(3)
  })

  test('takes an image for its content, and not for its length', () => {
    const withImage = (byte: number) => ({
      model: 'm',
      messages: [
        user([
          {
            type: 'image_url',
            image_url: {
              url: `data:image/png;base64,${Buffer.alloc(3e5, byte).toString('base64')}`,
            },
          },
        ]),
        user(long('what is this')),
      ],
    })
    const { units = 0, chain = [] } = classify(withImage(1))
    expect(units).toBeLessThan(4000)
    expect(chain.length).toBeLessThan(10)
    expect(chainOf(withImage(2)).filter((link) => chain.includes(link))).toEqual([])
  })

  test.each([
    ['a prompt', { prompt: long('once', 3) }, '/v1/completions'],
    ['several prompts', { prompt: [long('once', 3), 'b'] }, '/v1/completions'],
    ['tokens', { prompt: Array.from({ length: 2000 }, (_, i) => i) }, '/v1/completions'],
    ['an input', { input: long('once', 3), instructions: 'x' }, '/v1/responses'],
    ['an input of items', { input: [user(long('once', 3)), { type: 'x' }] }, '/v1/responses'],
  ])('is that of %s, too', (_name, json, url) => {
    const { requestClass, units = 0, chain } = classify({ model: 'm', ...json }, { ...post, url })
    expect(requestClass).toBe('m')
    expect(chain?.length).toBeGreaterThanOrEqual(3)
    expect(units).toBeGreaterThan(1500)
  })

  test('is absent for embeddings, which have units only', () => {
    const url = '/v1/embeddings?x'
    const { chain, units } = classify({ model: 'm', input: [long('text', 3)] }, { ...post, url })
    expect(chain).toBeUndefined()
    expect(units).toBeGreaterThan(1500)
  })

  test('is always that of the beginning, whatever a conversation consists of', () => {
    const turn = fc.record({ role: fc.string(), content: fc.anything({ maxDepth: 2 }) })
    const conversation = fc.record({
      model: fc.string(),
      system: fc.string({ minLength: 3000, maxLength: 3100 }),
      messages: fc.array(turn, { maxLength: 5 }),
    })
    fc.assert(
      fc.property(conversation, turn, (before, next) => {
        const text = (json: unknown) => JSON.parse(JSON.stringify(json, bigAsText)) as unknown
        const chain = chainOf(text(before))
        const after = chainOf(text({ ...before, messages: [...before.messages, next] }))
        expect(chain.length).toBeGreaterThan(0)
        expect(after.slice(0, chain.length)).toEqual(chain)
      }),
    )
  })
})

test('no JSON makes it fail, and what it says is within bounds', () => {
  const key = fc.constantFrom('messages', 'prompt', 'input', 'tools', 'content', 'text', 'x')
  const json = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()))
  fc.assert(
    fc.property(json, (value) => {
      const found = classify(value)
      expect(boundPick(found)).toEqual(found)
    }),
  )
})

test.each(['[', '{"messages":'])('%j nested too deep is of the default class', (opening) => {
  const closing = opening === '[' ? ']' : '}'
  const inner = `${opening.repeat(2e5)}1${closing.repeat(2e5)}`
  const bytes = Buffer.from(`{"model":"m","messages":[{"x":${inner}}]}`)
  expect(classifyByConversation(post, new ReadBody(bytes)).requestClass).toBe('')
})

function bigAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
