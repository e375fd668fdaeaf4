/** Asks the admin server that the page came from. */
import { token } from './token.ts'

/** Milliseconds that an answer may take. */
const timeout = 10_000

/** The server has refused something. */
class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Sends a request with the token, and rejects with an ApiError unless it is answered 2xx. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  const known = token()
  if (known !== null) headers.set('Authorization', `Bearer ${known}`)
  const response = await fetch(path, { ...init, headers, cache: 'no-store' })
  if (response.ok) return response
  throw new ApiError(response.status, await reasonOf(response))
}

/** Reads a JSON document. With a body, the request is a POST. */
export async function read<Document>(
  path: string,
  signal?: AbortSignal,
  body?: string,
): Promise<Document> {
  const limit = AbortSignal.timeout(timeout)
  const response = await ask(path, {
    ...(body !== undefined && { method: 'POST', body }),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  })
  return response.json() as Promise<Document>
}

/** Changes something. */
export async function change(path: string, body: object = {}): Promise<void> {
  await ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeout),
  })
}

/** Whether the server has refused because it wants a token, or another one. */
export function isTokenWanted(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401
}

/** Why a request of {@link ask}, {@link read} or {@link change} has failed, for people. */
export function failureOf(error: unknown): string {
  return error instanceof ApiError ? error.message : unreachable
}

/** What fetch says of a refused connection ("Failed to fetch") does not help. */
export const unreachable = 'The balancer cannot be reached.'

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Something between here and the server has answered.
  }
  return `The server answered ${response.status} ${response.statusText}.`
}
