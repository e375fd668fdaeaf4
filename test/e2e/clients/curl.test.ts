/** curl and h2load in front of a load balancer and a worker. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Edge, startEdge } from '../../support/edge.ts'
import { runTool, toolAvailable } from '../../support/tools.ts'

let edge: Edge
/** A file of some windows and frames. */
let file: string
const content = Buffer.alloc(300_000, 'upload ')
const received = {
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  trailers: {},
}

beforeAll(async () => {
  edge = await startEdge()
  file = join(dirname(edge.caFile), 'file.txt')
  writeFileSync(file, content)
})

afterAll(() => edge.close())

/** What curl prints, on both outputs. */
function curl(...args: string[]): Promise<string> {
  const common = ['--silent', '--show-error', '--max-time', '30', '--cacert', edge.caFile]
  return runTool('curl', [...common, '--stderr', '-', ...args])
}

describe.skipIf(!toolAvailable('curl'))('curl', () => {
  describe.each([
    ['1.1', '--http1.1'],
    ['2', '--http2'],
  ])('over TLS with HTTP/%s', (version, option) => {
    test('negotiates it, and gets the page', async () => {
      const shown = await curl(option, '--write-out', ' %{http_version} %{http_code}', edge.secure)
      expect(shown).toBe(`hello ${version} 200`)
    })

    test('gets a response without a body for HEAD', async () => {
      const shown = await curl(option, '--head', edge.secure)
      expect(shown).toMatch(/^HTTP\/[\d.]+ 200/)
      expect(shown).toMatch(/^content-length: 5\r$/im)
      expect(shown).not.toContain('hello')
    })

    test.each([
      ['a file', () => ['--upload-file', file], ''],
      ['data of unknown length', () => ['--upload-file', '-'], content.toString()],
      ['a body of a form', () => ['--data-binary', `@${file}`], ''],
    ])('uploads %s', async (_name, args, input) => {
      const words = [option, '--silent', '--cacert', edge.caFile, ...args()]
      const shown = await runTool('curl', [...words, `${edge.secure}/digest`], input)
      expect(JSON.parse(shown)).toEqual(received)
    })

    test('uploads a file after 100 (Continue)', async () => {
      const expectation = ['--header', 'Expect: 100-continue', '--expect100-timeout', '30']
      const shown = await curl(
        option,
        '--verbose',
        ...expectation,
        '-T',
        file,
        `${edge.secure}/digest`,
      )
      expect(shown).toMatch(/< HTTP\/[\d.]+ 100/)
      expect(shown).toContain(received.sha256)
    })

    test('gets trailers', async () => {
      const shown = await curl(option, '--include', `${edge.secure}/trailers`)
      expect(shown).toMatch(/\r\n\r\nbodyx-sum: 42\r\n/i)
    })

    test('gets early hints', async () => {
      const shown = await curl(option, '--include', `${edge.secure}/early`)
      expect(shown).toMatch(/^HTTP\/[\d.]+ 103.*\r\nlink: <\/style.css>/im)
      expect(shown).toMatch(/\r\n\r\nHTTP\/[\d.]+ 200[\s\S]*late$/)
    })

    test('uses its connection again', async () => {
      const write = ['--write-out', ' %{num_connects}\n']
      const shown = await curl(option, ...write, edge.secure, edge.secure, edge.secure)
      expect(shown).toBe('hello 1\nhello 0\nhello 0\n')
    })
  })

  test('keeps a body to itself that is refused', async () => {
    // With HTTP/2, curl does not wait.
    const expectation = ['--http1.1', '-H', 'Expect: 100-continue', '--expect100-timeout', '30']
    const write = ['--write-out', ' %{http_code} %{size_upload}']
    const shown = await curl(...expectation, ...write, '-T', file, `${edge.secure}/refused`)
    expect(shown).toBe('too large 413 0')
  })

  test('asks for an upgrade to HTTP/2 without TLS, and gets the page with HTTP/1.1', async () => {
    const shown = await curl('--http2', '--write-out', ' %{http_version}', edge.plain)
    expect(shown).toBe('hello 1.1')
  })

  test('is refused with HTTP/2 without TLS and without asking', async () => {
    const asked = curl('--http2-prior-knowledge', edge.plain)
    await expect(asked).rejects.toThrow('curl failed')
  })

  test('gets the page at a unix socket', async () => {
    expect(await curl('--unix-socket', edge.socketPath, 'http://localhost/')).toBe('hello')
  })

  test('is known by its PROXY protocol header', async () => {
    const shown = await curl('--haproxy-protocol', `${edge.proxied}/facts`)
    expect(JSON.parse(shown).headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1' })
    await expect(curl(`${edge.proxied}/facts`)).rejects.toThrow('Empty reply')
  })

  test('sends a request for another host as it is asked to', async () => {
    const shown = await curl('--proxy', edge.plain, 'http://site.example/facts?a=b')
    const { url, headers } = JSON.parse(shown)
    expect([url, headers.host]).toEqual(['/facts?a=b', 'site.example'])
  })

  test('gets no tunnel', async () => {
    const asked = curl('--proxytunnel', '--proxy', edge.plain, 'https://site.example/')
    await expect(asked).rejects.toThrow('405')
  })
})

describe.skipIf(!toolAvailable('h2load'))('h2load', () => {
  test.each([
    ['2', ['-m', '20']],
    ['1.1', ['--h1', '-m', '4']],
  ])('sees only successes with HTTP/%s', async (_version, args) => {
    const load = ['-n', '500', '-c', '4', ...args, `${edge.secure}/`]
    const shown = await runTool('h2load', load)
    expect(shown).toMatch(/500 succeeded, 0 failed, 0 errored, 0 timeout/)
    expect(shown).toMatch(/500 2xx, 0 3xx, 0 4xx, 0 5xx/)
  })
})
