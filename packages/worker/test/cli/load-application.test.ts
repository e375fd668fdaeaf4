import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OptionError } from '@resumelb/common'
import { UsageError } from '@resumelb/common/cli'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadApplication, toApplication } from '../../src/cli/load-application.ts'
import { serve } from '../support/setup.ts'

async function textFrom(found: unknown): Promise<string> {
  const { balancer } = await serve((await toApplication(found, 'it')).handler)
  return (await balancer.fetch()).text
}

function koa() {
  const app = new Koa()
  app.use((context) => {
    context.body = 'ok'
  })
  return app
}

function fast() {
  const app = fastify()
  app.get('/', async () => 'ok')
  return app
}

function expressApplication() {
  const app = express()
  app.get('/', (_req, res) => {
    res.send('ok')
  })
  return app
}

const listener = (_req: unknown, res: { end(text: string): void }) => res.end('ok')

describe('an application', () => {
  const rows: [what: string, found: unknown][] = [
    ['a request listener', listener],
    [
      'a listener with rest parameters',
      (...args: Parameters<typeof listener>) => listener(...args),
    ],
    ['an Express application', expressApplication()],
    ['a Koa application', koa()],
    ['a Fastify application', fast()],
    ['a Hono application', new Hono().get('/', (context) => context.text('ok'))],
    ['an object with fetch()', { fetch: () => new Response('ok') }],
    ['a promise of one', Promise.resolve(listener)],
    ['a maker of a listener', () => listener],
    ['a maker of a promise', async () => koa()],
    [
      'a maker that is a named function',
      function create() {
        return fast()
      },
    ],
  ]
  test.each(rows)('may be %s', async (_what, found) => {
    expect(await textFrom(found)).toBe('ok')
  })

  test.each([
    ['a text', 'app'],
    ['null', null],
    ['an object without fetch()', {}],
  ])('cannot be %s', async (_what, found) => {
    await expect(toApplication(found, 'default of app.js')).rejects.toThrow(UsageError)
  })

  test('says that a function was taken for a factory', async () => {
    await expect(toApplication(() => undefined, 'default of app.js')).rejects.toThrow(
      'it has no parameters, so it was called, and made undefined',
    )
  })
})

describe('a module', () => {
  let folder = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resumelb-module-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  async function moduleOf(text: string): Promise<string> {
    const path = join(folder, 'app.mjs')
    await writeFile(path, text)
    return path
  }

  test('is known by its path, and the export by its name', async () => {
    const path = await moduleOf('export const create = () => (req, res) => res.end("ok")')
    const { handler } = await loadApplication(path, 'create')
    const { balancer } = await serve(handler)
    expect((await balancer.fetch()).text).toBe('ok')
  })

  test('that is not there is an error for people', async () => {
    await expect(loadApplication('./no-such-module.js')).rejects.toThrow(OptionError)
  })

  test('without that export says what it exports', async () => {
    const path = await moduleOf('export const app = 1, other = 2')
    await expect(loadApplication(path)).rejects.toThrow('exports no default; it exports app, other')
  })

  test('that fails by itself is named with its own error and the place', async () => {
    const path = await moduleOf('throw new RangeError("mine")')
    await expect(loadApplication(path)).rejects.toThrow(
      `${path} failed: RangeError: mine (${path}:1)`,
    )
  })
})
