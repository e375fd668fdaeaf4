/** Asks an admin server. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { userInfo } from 'node:os'
import { type Address, formatAddress, isUnixAddress } from '@resumelb/common'

/** Bytes of the longest answer that is read. */
const maxAnswerLength = 64 * 1024 * 1024

export interface ClientOptions {
  readonly address: Address
  readonly token: string | undefined
  /** Milliseconds. */
  readonly timeout: number
}

/** The admin server could not be reached, or has refused. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
}

export class AdminClient {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** The JSON document at a path. Rejects with an {@link AdminError}. */
  async get(path: string): Promise<unknown> {
    return this.#documentOf(await this.#send('GET', path))
  }

  /** Changes something. Rejects with an {@link AdminError}. */
  async post(path: string, body: object): Promise<unknown> {
    return this.#documentOf(await this.#send('POST', path, JSON.stringify(body)))
  }

  /** Asks with bytes instead. Rejects with an {@link AdminError}. */
  async postBytes(path: string, body: Buffer): Promise<unknown> {
    return this.#documentOf(await this.#send('POST', path, body))
  }

  /** Calls back for each event of the stream. Rejects with an {@link AdminError} when it ends. */
  async watch(path: string, onEvent: OnEvent): Promise<never> {
    const response = await this.#send('GET', path)
    if (response.statusCode !== 200) await this.#documentOf(response)
    try {
      await readEvents(response, onEvent)
    } catch (error) {
      throw new AdminError(`the event stream has ended: ${(error as Error).message}`)
    }
    throw new AdminError('the event stream has ended')
  }

  async #documentOf(response: IncomingMessage): Promise<unknown> {
    const document = await jsonOf(response)
    if (response.statusCode === 200 && document !== undefined) return document
    if (response.statusCode === 401) throw new AdminError(tokenProblem(this.#options.token))
    const { error } = (document ?? {}) as { readonly error?: string }
    throw new AdminError(error ?? `answered ${response.statusCode}: is this an --admin address?`)
  }

  #send(method: string, path: string, body?: string | Buffer): Promise<IncomingMessage> {
    const { address, token, timeout } = this.#options
    const place = isUnixAddress(address)
      ? { socketPath: address.path, host: 'localhost' }
      : { host: address.host || '127.0.0.1', port: address.port }
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
      'x-admin-user': userName(),
    }
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = request({ ...place, method, path, headers, agent: false })
      const fail = (reason: string) =>
        reject(new AdminError(`no answer from ${formatAddress(address)}: ${reason}`))
      const cancel = setTimeout(() => {
        sent.destroy()
        fail(`nothing came within ${timeout / 1000} s`)
      }, timeout)
      sent.once('response', (response) => {
        clearTimeout(cancel)
        resolve(response)
      })
      sent.once('error', ({ message }) => {
        clearTimeout(cancel)
        fail(message)
      })
      sent.end(body)
    })
  }
}

type OnEvent = (name: string, data: unknown) => void

async function readEvents(response: IncomingMessage, onEvent: OnEvent): Promise<void> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    if (rest.length + chunk.length > maxAnswerLength) throw new Error('an event is too long')
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
      if (name !== undefined && data !== undefined) onEvent(name, JSON.parse(data))
    }
  }
}

async function jsonOf(response: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (text.length > maxAnswerLength) throw new AdminError('the answer is too long')
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function tokenProblem(token: string | undefined): string {
  return token === undefined
    ? 'This needs a token: give --token-file with a copy of --admin-token-file.'
    : 'The token of --token-file is not that of the load balancer.'
}

/** Who makes a change, for the log of the load balancer, as far as a header field can say it. */
function userName(): string {
  const { SUDO_USER, USER } = process.env
  return (SUDO_USER || USER || systemUser()).replace(/[^\x20-\x7e]/g, '?')
}

/** Processes in containers may have a number that belongs to no user. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
