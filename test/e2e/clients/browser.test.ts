/** Chromium in front of a load balancer and a worker: one page with most of what pages do. */
import { createHash } from 'node:crypto'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserAvailable, startBrowser } from '../../support/browser.ts'
import { type Edge, startEdge } from '../../support/edge.ts'

describe.skipIf(!browserAvailable())('Chromium over TLS', () => {
  let edge: Edge
  let browser: Browser
  let context: BrowserContext
  let page: Page
  /** What the console says in red. */
  const errors: string[] = []

  beforeAll(async () => {
    ;[edge, browser] = await Promise.all([startEdge(), startBrowser()])
    context = await browser.newContext({ ignoreHTTPSErrors: true })
    page = await context.newPage()
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.goto(`${edge.secure}/page`)
  })

  afterAll(async () => {
    await browser?.close()
    await edge?.close()
  })

  test('loads a page with HTTP/2', async () => {
    const protocol = await page.evaluate(
      "performance.getEntriesByType('navigation')[0].nextHopProtocol",
    )
    expect([await page.title(), protocol, errors]).toEqual(['A page', 'h2', []])
  })

  test('gets events as they are sent', async () => {
    await page.getByText('3', { exact: true }).waitFor()
  })

  test('exchanges messages with a WebSocket', async () => {
    await page.getByText('over and out').waitFor()
  })

  test('posts a form', async () => {
    await page.goto(`${edge.secure}/page`)
    await page.locator('input[name=name]').fill('Zoë & Co')
    await page.locator('#send').click()
    expect(await page.locator('#got').textContent()).toBe('Zoë & Co')
  })

  test('uploads a file', async () => {
    await page.goto(`${edge.secure}/page`)
    const buffer = Buffer.alloc(2_000_000, 'a file ')
    const file = { name: 'file.txt', mimeType: 'text/plain', buffer }
    await page.locator('input[type=file]').setInputFiles(file)
    await page.locator('#upload').click()
    const sha256 = createHash('sha256').update(buffer).digest('hex')
    expect(await page.locator('#got').textContent()).toBe(`file.txt ${buffer.length} ${sha256}`)
  })
})
