/** The commands of docs/model-servers.md, in front of servers with a real prefix cache. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serverHost, until } from '@resumelb/common/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ExplainAnswer } from '../../packages/lb/src/index.ts'
import { ask } from '../support/clients.ts'
import { Generations } from '../support/generations.ts'
import { CommandProcess } from '../support/processes.ts'
import { testWith } from '../support/tools.ts'

const page = fileURLToPath(new URL('../../docs/model-servers.md', import.meta.url))
const ends: (() => Promise<void>)[] = []
const lifetime = (end: () => Promise<void>) => void ends.push(end)

interface Site {
  readonly engine: { process: CommandProcess; readonly name: string; readonly address: string }
  /** The address of the worker in front of it. */
  readonly address: string
}

/** For load balancers on a busy machine. */
const patience = ['--classify-timeout', '10m']

const sites: Site[] = []
let port = 0

/** The commands of the page: the first block of code in which both are. */
function commands(): { worker: string[]; balancer: string[] } {
  const block = /```sh\n(resumelb-worker .*)\n(resumelb .*)\n```/.exec(readFileSync(page, 'utf8'))
  const [worker, balancer] = [block?.[1], block?.[2]].map((line) => line?.split(' ').slice(1) ?? [])
  if (!worker?.length || !balancer?.length) throw new Error('The page has other commands.')
  return { worker, balancer }
}

/** The page's commands for two engines on one machine, and what to send to them. */
function localCommands(): { processes: string[]; requests: string } {
  const blocks = readFileSync(page, 'utf8').match(/(?<=```sh\n)[^`]*(?=\n```)/g) ?? []
  const processes = blocks.find((block) => /^node .* &$/m.test(block))?.split('\n') ?? []
  const requests = blocks.find((block) => block.includes('\ncurl ')) ?? ''
  return { processes, requests }
}

function startEngine(name: string, enginePort = '0'): CommandProcess {
  const words = ['--host', serverHost, '--port', enginePort, '--name', name]
  return new CommandProcess('examples/model-engine/server.js', words, {}, lifetime)
}

async function startSite(name: string): Promise<Site> {
  const process = startEngine(name)
  const engine = { process, name, address: await process.address() }
  // As written, with addresses that are free here.
  const words = commands().worker.map((word) =>
    word.replace('http://127.0.0.1:8000', `http://${engine.address}`),
  )
  const args = words.map((word) => word.replace(/^:9001$/, '127.0.0.1:0'))
  const worker = new CommandProcess('packages/worker/bin/resumelb-worker.js', args, {}, lifetime)
  return { engine, address: await worker.address() }
}

beforeAll(async () => {
  sites.push(...(await Promise.all(['one', 'two', 'three'].map((name) => startSite(name)))))
  const words = commands().balancer.filter((word) => !/^server\d:9001$/.test(word))
  const args = words.map((word) => word.replace(/^:8080$/, '127.0.0.1:0'))
  const addresses = sites.map(({ address }) => address)
  // The rest is for the test: a log of its connections, and patience.
  const own = ['-l', '', '-LINFO', ...patience]
  const bin = 'packages/lb/bin/resumelb.js'
  const balancer = new CommandProcess(bin, [...args, ...own, ...addresses], {}, lifetime)
  port = Number((await balancer.address()).split(':').pop())
  const connected = () => balancer.stderr.split('connected to worker').length - 1
  await until(() => connected() === sites.length, 'three workers')
})

afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

interface Message {
  readonly role: string
  readonly content: string
}

interface Answer {
  /** The engine that has answered. */
  readonly engine: string
  readonly content: string
  /** Tokens of the prompt, and those of them that were in the cache. */
  readonly tokens: number
  readonly cached: number
}

const headers = { 'content-type': 'application/json' }
const path = '/v1/chat/completions'

function bodyOf(messages: readonly Message[], more: object = {}): string {
  return JSON.stringify({ model: 'small', messages, max_tokens: 2, ...more })
}

async function complete(messages: readonly Message[], at = port): Promise<Answer> {
  const { status, text } = await ask(at, path, { method: 'POST', headers }, bodyOf(messages))
  expect([status, text.slice(0, 1)]).toEqual([200, '{'])
  const { system_fingerprint: engine, choices, usage } = JSON.parse(text)
  const cached = usage.prompt_tokens_details.cached_tokens
  return { engine, content: choices[0].message.content, tokens: usage.prompt_tokens, cached }
}

class Conversation {
  readonly messages: Message[] = []
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  /** A question of so many tokens, and the answer to it from the load balancer at that port. */
  async say(tokens: number, at = port): Promise<Answer> {
    const content = `${this.#name} ${this.messages.length} `.repeat(tokens).slice(0, 4 * tokens)
    this.messages.push({ role: 'user', content })
    const answer = await complete(this.messages, at)
    this.messages.push({ role: 'assistant', content: answer.content })
    return answer
  }
}

let number = 0
const conversations = (count: number) =>
  Array.from({ length: count }, () => new Conversation(`conversation ${number++}`))

/** A request whose answer is a stream that has begun. */
async function openStream(maxTokens: number) {
  const body = bodyOf([{ role: 'user', content: 'Count.' }], {
    ...{ max_tokens: maxTokens, stream: true, stream_options: { include_usage: true } },
  })
  const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(body)
  })
  let text = ''
  const ended = new Promise<void>((resolve, reject) => {
    response.on('data', (chunk) => {
      text += chunk
    })
    response.on('end', resolve)
    response.on('error', reject)
  })
  ended.catch(() => undefined)
  const events = () => text.match(/^data: .*(?=\n\n)/gm)?.map((line) => line.slice(6)) ?? []
  await until(() => events().length > 1, 'the first token')
  const { system_fingerprint: engine } = JSON.parse(events()[0] ?? '')
  return { response, events, ended, engine: String(engine) }
}

function siteOf(engine: string): Site {
  const site = sites.find(({ engine: { name } }) => name === engine)
  if (site === undefined) throw new Error(`no engine ${engine}`)
  return site
}

/** Requests that the engine has in progress. */
async function runningAt({ engine: { address } }: Site): Promise<number> {
  const [host, enginePort] = address.split(':')
  const { text } = await ask(Number(enginePort), '/metrics', { host })
  return Number(/^engine_requests_running (\d+)$/m.exec(text)?.[1])
}

test('conversations stay with the engine that holds their beginning', async () => {
  const all = conversations(6)
  let [tokens, cached] = [0, 0]
  for (let turn = 0; turn < 4; turn++) {
    for (const conversation of all) {
      const answer = await conversation.say(turn === 0 ? 3_000 : 400)
      if (turn > 0) {
        tokens += answer.tokens
        cached += answer.cached
      }
    }
  }
  // At best 89 %; by chance, less than half.
  expect(cached / tokens).toBeGreaterThan(0.67)
})

test('tokens arrive before the answer is complete, and a client that leaves ends it', async () => {
  const { response, engine } = await openStream(1_000_000)
  expect(response.headers['content-type']).toContain('text/event-stream')
  expect(await runningAt(siteOf(engine))).toBe(1)
  response.destroy()
  await until(async () => (await runningAt(siteOf(engine))) === 0, 'it is cancelled')
})

/** Six new conversations at once; resolves with the answers. */
function spread(): Promise<Answer[]> {
  return Promise.all(conversations(6).map((fresh) => fresh.say(500)))
}

/**
 * Resolves when it accepts no more connections. One that is being made just then would be reset,
 * and a POST on it lost.
 */
async function beginStop({ process }: Site['engine']): Promise<void> {
  process.signal('SIGTERM')
  await until(() => process.stderr.includes('stopping'), 'it stops')
}

test('the restart of an engine loses no request', async () => {
  const all = conversations(6)
  for (const conversation of all) await conversation.say(1_000)
  const stream = await openStream(100)
  const { engine } = siteOf(stream.engine)
  await beginStop(engine)
  let hasExited = false
  const exit = engine.process.exited.then((code) => {
    hasExited = true
    return code
  })
  // All answers are checked, also of those that find that it accepts no connections.
  while (!hasExited) await Promise.all(all.map((conversation) => conversation.say(50)))
  await stream.ended
  expect(stream.events().at(-1)).toBe('[DONE]')
  expect(JSON.parse(stream.events().at(-2) ?? '').usage.completion_tokens).toBe(100)
  expect(await exit).toBe(0)

  engine.process = startEngine(engine.name, engine.address.split(':')[1])
  await engine.process.address()
  // Only this one is left then, and no request is lost by that either.
  await Promise.all(
    sites.filter((site) => site.engine !== engine).map((site) => beginStop(site.engine)),
  )
  let answers: Answer[] = []
  const isUsed = () => answers.every((answer) => answer.engine === engine.name)
  while (answers.length === 0 || !isUsed()) answers = await spread()
})

/** What `resumelb-ctl` says of the next turn of a conversation. */
async function explained(admin: string, file: string): Promise<ExplainAnswer> {
  const words = ['-a', admin, 'explain', '--json', '--request', file, '--path', path]
  const command = new CommandProcess('packages/lb/bin/resumelb-ctl.js', words)
  expect([await command.exited, command.stderr]).toEqual([0, ''])
  return JSON.parse(command.stdout)
}

test('SIGUSR2: the new process knows for which links http:// engines are warm', async () => {
  const place = mkdtempSync(join(tmpdir(), 'resumelb-engines-'))
  onTestFinished(() => rmSync(place, { recursive: true, force: true }))
  const admin = `unix:${join(place, 'admin')}`
  const engines = ['left', 'right'].map((name) => startEngine(name))
  const urls = await Promise.all(engines.map(async (each) => `http://${await each.address()}`))
  // On a busy machine, an engine may be silent for long.
  const own = ['-a', '127.0.0.1:0', '-l', '', '--admin', admin, '--health-interval', '1h']
  const generations = new Generations([...own, '-r', 'openai', ...patience, ...urls])
  const said = (msg: string) => generations.said(msg).length
  await generations.until(() => said('listening') === 1 && said('connected to worker') === 2)
  const at = Number(generations.said('listening')[0]?.address?.split(':').pop())

  const [conversation] = conversations(1) as [Conversation]
  const answers: Answer[] = []
  for (const tokens of [1_500, 600, 600]) answers.push(await conversation.say(tokens, at))
  const name = answers[0]?.engine
  expect(answers.map(({ engine }) => engine)).toEqual([name, name, name])
  const home = urls[name === 'left' ? 0 : 1]

  const file = join(place, 'chat.json')
  writeFileSync(file, bodyOf(conversation.messages))
  const before = await explained(admin, file)
  const warm = ({ candidates }: ExplainAnswer) =>
    Object.fromEntries(candidates.map(({ worker, warmLinks = 0 }) => [worker, warmLinks]))
  expect(before).toMatchObject({ requestClass: 'small', chosen: home, readsBody: true })
  expect(warm(before)[`${home}`]).toBeGreaterThan(1)

  generations.signal('SIGUSR2')
  await generations.until(() => said('connected to worker') === 4)
  await generations.until(() => generations.running.length === 1)
  const after = await explained(admin, file)
  expect(after).toMatchObject({ chosen: home, links: before.links, units: before.units })
  expect(warm(after)).toEqual(warm(before))
  expect((await conversation.say(100, at)).engine).toBe(name)
})

testWith('curl')(
  'the local commands show that the second of two equal prompts is cached',
  async () => {
    const { processes, requests } = localCommands()
    // As written, with ports that are free here.
    const ports: [written: string, port: string][] = []
    const onFreePorts = (text: string) =>
      ports.reduce((changed, [written, own]) => changed.replaceAll(written, own), text)
    for (const line of processes) {
      const [, bin = '', words = ''] = /^node (\S+) (.*) &$/.exec(line) ?? []
      const own = /(?:--port |-a :)(\d+)/.exec(words)?.[1] ?? ''
      const args = onFreePorts(words.replace(`:${own}`, '127.0.0.1:0').replace(own, '0')).split(' ')
      const more = bin.endsWith('/resumelb.js') ? patience : []
      const address = await new CommandProcess(bin, [...args, ...more], {}, lifetime).address()
      ports.push([`:${own}`, `:${address.split(':').pop()}`])
    }
    expect(ports).toHaveLength(5)
    const { stdout } = await promisify(execFile)('sh', ['-ec', onFreePorts(requests)])
    const [first, second] = stdout.split(/(?<=\})(?=\{"id)/).map((text) => JSON.parse(text))
    expect(second.system_fingerprint).toBe(first.system_fingerprint)
    expect(['one', 'two']).toContain(first.system_fingerprint)
    expect(first.usage.prompt_tokens_details.cached_tokens).toBe(0)
    expect(second.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(1_000)
  },
)
