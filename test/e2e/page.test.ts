/** The page of the admin server in a real browser. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { silentLogger } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { AdminServer, type AdminStatus } from '@resumelb/lb'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findings } from '../support/accessibility.ts'
import { browserAvailable, startBrowser } from '../support/browser.ts'
import { ask } from '../support/clients.ts'
import { hostile, ManyClasses } from '../support/many-classes.ts'
import { CommandProcess, fixture } from '../support/processes.ts'

const token = 'a-token-for-tests'
const built = fileURLToPath(new URL('../../packages/lb/dist/page/', import.meta.url))

/** Milliseconds that the page may take to show something, on a machine that does much else. */
const patience = 60_000

test('the page has at most 150 KB, compressed', () => {
  const sizes = readdirSync(built).map((name) => gzipSync(readFileSync(join(built, name))).length)
  expect(sizes.length).toBeGreaterThanOrEqual(4)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150_000)
})

describe.skipIf(!browserAvailable())('the page', () => {
  const ends: (() => Promise<unknown> | unknown)[] = []
  let browser: Browser
  let tokenFile: string
  let workers: string[]
  let balancer: CommandProcess
  let port: number
  let admin: string

  const spawn = (bin: string, args: readonly string[]) =>
    new CommandProcess(bin, args, {}, (end) => ends.push(end))

  /** Starts the balancer with its admin server there, and waits until it has all workers. */
  async function startBalancer(address: string): Promise<void> {
    balancer = spawn('packages/lb/bin/resumelb.js', [
      ...['-a', '127.0.0.1:0', '-l', '', '-LINFO', '-r', 'regexp header:x-class (?<class>.+)'],
      ...['--admin', address, '--admin-token-file', tokenFile, ...workers],
    ])
    const said = (pattern: RegExp) => pattern.exec(balancer.stderr)?.[1]
    const adminLine = /"address":"([^"]+)","msg":"admin server listening"/
    const portLine = /"address":"[^"]+:(\d+)"[^\n]*"msg":"listening"/
    await until(
      () =>
        said(adminLine) !== undefined &&
        said(portLine) !== undefined &&
        balancer.stderr.split('connected to worker').length > workers.length,
      () => `it listens and is connected; it says\n${balancer.stderr}`,
      patience,
    )
    admin = said(adminLine) ?? ''
    port = Number(said(portLine))
  }

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-page-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, token)
    const starting = startBrowser()
    workers = await Promise.all(
      [1, 2].map(() =>
        spawn('packages/worker/bin/resumelb-worker.js', [
          ...[fixture('app.mjs'), '-a', '127.0.0.1:0'],
        ]).address(),
      ),
    )
    await startBalancer('127.0.0.1:0')
    browser = await starting
    ends.push(() => browser.close())
  })

  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  /** Opens the page. What its scripts complain of fails the test. */
  async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(patience)
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    // A balancer that is gone makes a line, too, which is none of the page's faults.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) {
        errors.push(message.text())
      }
    })
    onTestFinished(async () => {
      await context.close()
      expect(errors).toEqual([])
    })
    await page.goto(url)
    return page
  }

  const request = (name: string, path = '/hello') =>
    ask(port, path, { headers: { 'x-class': name } })

  const status = async () =>
    (await (await fetch(`http://${admin}/status?classes=100`)).json()) as AdminStatus

  const rowOf = (page: Page, worker: string) => page.locator(`tr[data-worker="${worker}"]`)

  const classNames = (page: Page) => page.locator('.map tbody button').allTextContents()

  test('shows what the API says, and what comes while it is open', async () => {
    await Promise.all(['red', 'red', 'green'].map((name) => request(name)))
    const page = await open(`http://${admin}/`)
    await page.getByText('2 of 2 ready').waitFor()
    const { classes } = await status()
    expect((await classNames(page)).sort()).toEqual(classes.map(({ name }) => name).sort())
    for (const worker of workers) {
      expect(await rowOf(page, worker).textContent()).toContain('ready')
    }
    await request('blue')
    await page.getByRole('button', { name: 'Explain blue' }).waitFor()
    void request('blue', '/slow?ms=4000').catch(() => undefined)
    const [backlog] = await page.locator('.tile', { hasText: 'Backlog' }).all()
    await expect.poll(() => backlog?.textContent(), { timeout: patience }).toMatch(/^Backlog[1-9]/)
  })

  test('explains a class at a click, and a request', async () => {
    await request('red')
    const page = await open(`http://${admin}/`)
    await page.getByRole('button', { name: 'Explain red' }).click()
    const { next } = (await status()).classes.find(({ name }) => name === 'red') ?? {}
    await page.locator('.why', { hasText: `${next} gets the request` }).waitFor()
    expect(await page.locator('.explain tr.selected').textContent()).toContain(next)
    await page.getByLabel(/^What/).selectOption('a request')
    await page.getByLabel('Host').fill('somewhere.example')
    await page.getByLabel('Path').fill('/a')
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await expect
      .poll(() => page.locator('.why').textContent(), { timeout: patience })
      .toContain('gets the request')
  })

  test('explains a request of a class with a size, and one with a body', async () => {
    await request('red')
    const page = await open(`http://${admin}/`)
    const explain = page.locator('.explain')
    const submit = () => page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.getByLabel('Class', { exact: true }).fill('red')
    await page.getByLabel('Units').fill('300')
    await page.getByLabel(/^Chain/).fill('tenant\nconversation')
    await submit()
    await explain.getByText('300 units, 2 links').waitFor()
    await explain.getByRole('columnheader', { name: 'Warm units' }).waitFor()
    expect(await page.getByLabel('Units').inputValue()).toBe('300')
    await page.getByLabel('Units').fill('many')
    await submit()
    await explain.getByText('Expected units to be a number from 0, got many.').waitFor()
    await page.getByLabel(/^What/).selectOption('a request')
    await page.getByLabel('Host').fill('somewhere.example')
    await page.getByLabel(/^JSON body/).fill('{"model":"small"}')
    await submit()
    // This classifier needs none.
    await explain.getByText('classified without its body').waitFor()
  })

  test('drains and resumes a worker when that is confirmed, with the token', async () => {
    const [worker = ''] = workers
    const page = await open(`http://${admin}/`)
    const row = rowOf(page, worker)
    await row.getByRole('button', { name: 'Drain' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await page.locator('dialog').count()).toBe(0)
    expect((await status()).workers[0]?.isHeld).toBe(false)
    await row.getByRole('button', { name: 'Drain' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await dialog.getByText('Changes need the token').waitFor()
    await dialog.getByLabel('Token').fill('another-token-than-that')
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await dialog.getByText('That is not the token').waitFor()
    await dialog.getByLabel('Token').fill(token)
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await row.getByText('drained').waitFor()
    expect((await status()).workers.filter(({ isHeld }) => isHeld)).toMatchObject([
      { address: worker },
    ])
    await row.getByRole('button', { name: 'Resume' }).click()
    await dialog.getByRole('button', { name: 'Resume' }).click()
    await row.getByText('ready').waitFor()
    expect((await status()).workers.some(({ isHeld }) => isHeld)).toBe(false)
  })

  test('takes the token from the address, and out of it', async () => {
    const page = await open(`http://${admin}/#token=${token}`)
    await rowOf(page, workers[0] ?? '').waitFor()
    expect(page.url()).toBe(`http://${admin}/`)
    expect(await page.evaluate(`sessionStorage.getItem('resumelb-token')`)).toBe(token)
  })

  test('can be used with the keyboard alone', async () => {
    await Promise.all(['red', 'green', 'blue'].map((name) => request(name)))
    const page = await open(`http://${admin}/`)
    for (const name of ['red', 'green', 'blue']) {
      await page.getByRole('button', { name: `Explain ${name}` }).waitFor()
    }
    await page.getByLabel('Order').selectOption('name')
    const names = await classNames(page)
    await page.getByLabel('Show').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await expect
      .poll(() => page.locator('.why strong').textContent(), { timeout: patience })
      .toBe(names.at(-1))
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await expect
      .poll(() => page.locator('.why strong').textContent(), { timeout: patience })
      .toBe(names.at(-2))
  })

  test.each(['light', 'dark'] as const)('is accessible in %s colours', async (colorScheme) => {
    await Promise.all(['red', 'green'].map((name) => request(name)))
    const page = await open(`http://${admin}/`, { colorScheme })
    await page.getByRole('button', { name: 'Explain red' }).click()
    await page.locator('.why').waitFor()
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 800 })
      expect([width, await findings(page)]).toEqual([width, []])
      const sticksOut = 'document.documentElement.scrollWidth > innerWidth'
      expect(await page.evaluate(sticksOut)).toBe(false)
    }
    await rowOf(page, workers[1] ?? '')
      .getByRole('button', { name: 'Drain' })
      .click()
    expect(await findings(page)).toEqual([])
  })

  test('says that the connection is lost, and goes on when the balancer is back', async () => {
    const page = await open(`http://${admin}/`)
    await page.getByText('Live').waitFor()
    await balancer.kill()
    await page.getByRole('alert').getByText('Connection lost').waitFor()
    await startBalancer(admin)
    await page.getByText('Live').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await request('after the restart')
    await page.getByRole('button', { name: 'Explain after the restart' }).waitFor()
    expect(await classNames(page)).toEqual((await status()).classes.map(({ name }) => name))
  })

  test('is a page for browsers only, which may run and load nothing but its own files', async () => {
    const asked = (accept: string) => fetch(`http://${admin}/`, { headers: { accept } })
    expect(await (await asked('*/*')).text()).toContain('GET /status')
    const { headers } = await asked('text/html,*/*')
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).not.toMatch(/unsafe|\*|http/)
  })

  test('asks for the token where reading needs it', async () => {
    const server = await serve(new ManyClasses(2, 2), { address: '[::ffff:127.0.0.1]:0', token })
    const page = await open(`http://127.0.0.1:${server.address.split(':').at(-1)}/`)
    await page.getByLabel('Token').fill('another-token-than-that')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('That is not the token').waitFor()
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('2 of 2 ready').waitFor()
  })

  test('stays quick with 10,000 classes and 200 workers, and shows names as text', async ({
    annotate,
  }) => {
    const many = new ManyClasses(200, 10_000)
    const server = await serve(many, { address: '127.0.0.1:0' })
    many.serveAll()
    const page = await open(`http://${server.address}/`)
    await page.getByText('200 of 200 ready').waitFor()
    await page.evaluate(observeLongTasks)
    await page.getByLabel('Show').selectOption('1000 classes')
    await page.getByText('busiest 1,000 of').waitFor()
    const map = page.locator('.map')
    await map.hover()
    const about = page.locator('.about')
    for (let round = 0; round < 2; round++) {
      many.serveAll()
      const before = await about.textContent()
      await page.mouse.wheel(700, 6_000)
      await expect.poll(() => about.textContent(), { timeout: patience }).not.toBe(before)
    }
    await page.getByLabel('Order').selectOption('name')
    await map.evaluate((element) => element.scrollTo(0, 0))
    await page.getByRole('button', { name: `Explain ${hostile}` }).click()
    await page.locator('.why strong', { hasText: hostile }).waitFor()
    await page.locator('.map tbody button').first().focus()
    await page.keyboard.press('End')
    await page.locator('.map tbody button[data-index="999"]').waitFor()
    expect(await page.locator('.map tbody tr').count()).toBeLessThan(80)
    expect(await page.locator('.workers tbody tr').first().textContent()).toContain(hostile)
    expect(await page.title()).toBe('resumelb')
    expect(await page.locator('main script, main img').count()).toBe(0)
    await annotate(`longest task of the page: ${await page.evaluate('longest')} ms`)
  })

  async function serve(
    source: ManyClasses,
    options: { address: string; token?: string },
  ): Promise<AdminServer> {
    const server = new AdminServer(source, { ...options, log: silentLogger })
    await server.start()
    onTestFinished(() => server.stop())
    return server
  }
})

const observeLongTasks = `
  window.longest = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
  }).observe({ type: 'longtask' })`
