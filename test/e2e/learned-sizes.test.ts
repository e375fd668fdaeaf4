/** Applications with a prefix cache behind a load balancer: what is learned of them, and used. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatAddress, silentLogger } from '@resumelb/common'
import { ManualClock, until } from '@resumelb/common/testing'
import { LoadBalancer } from '@resumelb/lb'
import { getResume, type HandlerRequest, Worker } from '@resumelb/worker'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'

const log = silentLogger

/** Units of one block of a conversation, and of the seconds that its computation takes. */
const blockUnits = 512
const perUnit = 1 / 8000
const fixed = 0.02

/** `/model/a/b/c` is a request of the class `model` with the chain a, b, c. */
function classify({ url = '' }: { readonly url?: string | undefined }) {
  const [, requestClass = '', ...chain] = url.split('/')
  return { requestClass, chain, units: blockUnits * chain.length }
}

async function listen(listener?: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

async function balance(workers: readonly string[]) {
  const balancer = new LoadBalancer({ workers, classifier: classify, log })
  const { server, port } = await listen()
  balancer.attach(server)
  onTestFinished(() => balancer.destroy())
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return (path: string) => ask(port, path)
}

/** How many leading links are in the cache, which has all of them afterwards. */
function use(cache: Set<unknown>, chain: readonly unknown[]): number {
  const cold = chain.findIndex((link) => !cache.has(link))
  for (const link of chain) cache.add(link)
  return cold < 0 ? chain.length : cold
}

/** A worker whose time passes only while a request is computed. */
async function startModel(name: string) {
  const clock = new ManualClock()
  const cache = new Set<unknown>()
  const worker = new Worker(
    async (request, response) => {
      const { chain = [] } = (request as HandlerRequest).resumelb
      const depth = use(cache, chain)
      const uncached = blockUnits * (chain.length - depth)
      await clock.advance(1000 * (fixed + perUnit * uncached))
      response.end(name)
    },
    { concurrency: 1 },
    { clock, log },
  )
  await worker.listen()
  onTestFinished(() => worker.close())
  return worker
}

/** A conversation of so many blocks. */
const path = (id: number, blocks: number) =>
  `/model/${Array.from({ length: blocks }, (_, i) => `${id}-${i}`).join('/')}`

test('workers learn what requests take by their uncached units, and keep their conversations', async () => {
  const workers = [await startModel('one'), await startModel('two')]
  const addresses = workers.map(({ address }) => formatAddress(address))
  const get = await balance(addresses)
  const homes: (string | undefined)[] = []
  let hits = 0
  for (let turn = 1; turn <= 4; turn++) {
    for (let id = 0; id < 12; id++) {
      const { text } = await get(path(id, 5 * turn + (id % 4)))
      homes[id] ??= text
      if (turn > 1 && text === homes[id]) hits++
    }
  }
  // By chance it would be half of 36.
  expect(hits).toBeGreaterThanOrEqual(27)
  const facts = await Promise.all(addresses.map((address) => getResume(address)))
  const used = facts.filter(({ resume }) => (resume.get('model')?.count ?? 0) > 10)
  expect(used.length).toBeGreaterThan(0)
  for (const { resume, warmth } of used) {
    const skill = resume.get('model')
    expect(1 / (skill?.perUnit ?? 0)).toBeGreaterThan(7_500)
    expect(1 / (skill?.perUnit ?? 0)).toBeLessThan(8_500)
    expect(skill?.fixed).toBeLessThan(0.1)
    expect(warmth?.links).toBeGreaterThan(20)
    expect(warmth).not.toHaveProperty('capacity')
  }
})

test('a plain HTTP server may say how deep it was warm, which clients do not see', async () => {
  const cache = new Set<unknown>()
  const { port } = await listen(({ url = '' }, response) => {
    const chain = url.split('/').slice(2)
    const depth = use(cache, chain)
    response.setHeader('X-Resumelb-Warm', `${depth}/${chain.length}`)
    response.end(String(depth))
  })
  const get = await balance([`http://127.0.0.1:${port}`])
  const answers = [await get(path(1, 8)), await get(path(1, 10))]
  expect(answers.map(({ text }) => text)).toEqual(['0', '8'])
  for (const { headers } of answers) expect(headers).not.toHaveProperty('x-resumelb-warm')
})
