/** The README's programs, run as they are but for the ports. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { CommandProcess } from '../support/processes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The README's code that begins with a comment of that name. */
async function sample(name: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const code = readme.split('```js\n').find((part) => part.startsWith(`// ${name}\n`))
  if (code === undefined) throw new Error(`the README has no ${name}`)
  return code.slice(0, code.indexOf('```'))
}

/** A folder from which the packages can be imported. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(root, 'test', 'readme-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

describe("the README's programs", () => {
  test('serve a request through the load balancer, and the worker drains at SIGTERM', async () => {
    const folder = await temporaryFolder()
    const ports = { '8000': await freePort(), '8080': await freePort() }
    const start = async (name: string) => {
      const file = join(folder, name)
      const code = (await sample(name)).replace(/8000|8080/g, (port) =>
        String(ports[port as keyof typeof ports]),
      )
      await writeFile(file, code)
      return new CommandProcess(relative(root, file), [])
    }
    const worker = await start('worker.js')
    await start('balancer.js')
    const headers = { host: 'tenant-07.localhost' }
    const answer = () => ask(ports['8080'], '/', { headers }).catch(() => ({ text: '' }))
    const expected = `tenant-07.localhost is served by process ${worker.pid}\n`
    await expect.poll(async () => (await answer()).text, { timeout: 60_000 }).toBe(expected)
    expect(await worker.stop()).toBe(0)
  })
})
