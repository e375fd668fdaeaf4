/** What `resumelb-ctl explain` asks. */
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { UsageError } from '@resumelb/common/cli'
import type { CtlValues } from './syntax.ts'

/** A question to `/explain`. */
export interface Question {
  readonly query: URLSearchParams
  /** The body of the request that is asked about; `undefined` if it has none. */
  readonly body: Buffer | undefined
}

interface Asked {
  readonly values: CtlValues
  /** At most the class. */
  readonly words: readonly string[]
}

/** Reads the body of `--request`. Rejects with a {@link UsageError} if nothing is asked. */
export async function questionOf({ words, values }: Asked): Promise<Question> {
  const [requestClass] = words
  const { request, units, chain, method, header } = values
  const { host, path } = placeOf(values)
  const isPlaced = [host, path, request, ...header].some((each) => each !== undefined)
  if (requestClass === undefined && !isPlaced) {
    throw new UsageError(
      method === undefined
        ? 'Expected a class, --url, --host and --path, or --request'
        : 'Expected --url, or --host and --path, with --method',
    )
  }
  if (requestClass !== undefined && (isPlaced || method !== undefined)) {
    throw new UsageError('Expected a class or a request, not both')
  }
  if (requestClass === undefined && (units !== undefined || chain.length > 0)) {
    throw new UsageError(
      'Expected --units and --chain with a class: of a request, the classifier says them',
    )
  }
  const query = new URLSearchParams()
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) query.append(name, value)
  }
  add('class', requestClass)
  add('units', units?.toString())
  for (const name of chain) add('chain', name)
  add('host', host)
  add('path', path)
  add('method', method)
  for (const field of header) add('header', field)
  if (request === undefined) return { query, body: undefined }
  // Those who have a body of another type say so.
  if (!header.some((field) => /^content-type\s*:/i.test(field))) {
    add('header', 'Content-Type: application/json')
  }
  return { query, body: await bodyOf(request) }
}

/** The host and the path of the request; those of the URL, unless they are given themselves. */
function placeOf({ url, host, path }: CtlValues) {
  if (url === undefined) return { host, path }
  if (!URL.canParse(url)) throw new UsageError(`Expected --url to be a URL, got ${url}`)
  const { host: its, pathname, search } = new URL(url)
  return { host: host ?? its, path: path ?? `${pathname}${search}` }
}

async function bodyOf(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin)
  try {
    return await readFile(file)
  } catch (error) {
    throw new UsageError(`Cannot read --request: ${(error as Error).message}`)
  }
}
