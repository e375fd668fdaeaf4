/** Remembers a few recent requests of each class, to run them again after a restart. Pure. */
import {
  maxClassLength,
  type RequestClass,
  type RequestHead,
  type SampleRequest,
} from '@resumelb/protocol'
import {
  isSafe,
  maxRecordedLength,
  readSavedRequest,
  recordOf,
  savedRequest,
} from './recorded-request.ts'

/** Maximum number of classes with requests. */
const maxClasses = 1_024

/** Requests that are kept of each class: the latest with different targets. */
const requestsPerClass = 8

/** Maximum characters of all requests together. */
const maxLength = 2 * 1024 * 1024

/** Milliseconds between two recordings of one class, so that they cost next to nothing. */
const interval = 1_000

/** Count of requests from which a class is worth remembering: most invented ones come once. */
const leastCount = 1.5

/** Maximum bytes of a response: a long download fills no cache of the application. */
const maxResponse = 1024 * 1024

/** A response, as far as the recorder looks at it. */
export interface RecordedResponse {
  readonly status: number
  /** Body bytes. */
  readonly bytes: number
}

interface Recording {
  /** When a request was last looked at, in milliseconds. */
  at: number
  /** The latest last. */
  readonly requests: SampleRequest[]
}

export class Recorder {
  readonly #allowsCredentials: boolean
  /** In the order of their last recording. */
  readonly #recordings: Map<RequestClass, Recording> = new Map()
  #length = 0

  constructor(allowsCredentials: boolean) {
    this.#allowsCredentials = allowsCredentials
  }

  /**
   * Records the request if it is time and it may be repeated. `count` is that of its class in the
   * résumé; `now` is in milliseconds.
   */
  note(head: RequestHead, { status, bytes }: RecordedResponse, count: number, now: number): void {
    if (!isSafe(head.method) || count < leastCount) return
    const known = this.#recordings.get(head.requestClass)
    if (known !== undefined && now - known.at < interval) return
    if (!isGood(status) || bytes > maxResponse) return
    if (known !== undefined) known.at = now
    const request = recordOf(head, this.#allowsCredentials)
    if (request !== undefined) this.#keep(head.requestClass, request, now)
  }

  /** The recorded requests of a class, the oldest first. */
  requestsOf(requestClass: RequestClass): readonly SampleRequest[] {
    return this.#recordings.get(requestClass)?.requests ?? []
  }

  /** Takes the requests of a class that another worker has recorded. */
  adopt(requestClass: RequestClass, requests: readonly SampleRequest[]): void {
    if (this.#recordings.has(requestClass)) return
    for (const request of requests.slice(-requestsPerClass)) {
      if (lengthOf(request) > maxRecordedLength) continue
      this.#keep(requestClass, request, Number.NEGATIVE_INFINITY)
    }
  }

  /** All requests in a form for JSON. */
  save(): unknown {
    return [...this.#recordings].map(([name, { requests }]) => [name, requests.map(savedRequest)])
  }

  /** Starts again from what {@link save} has returned; skips what is not valid. */
  load(saved: unknown): void {
    if (!Array.isArray(saved)) return
    for (const entry of saved) {
      const [name, requests] = Array.isArray(entry) ? entry : []
      if (typeof name !== 'string' || name.length > maxClassLength) continue
      if (!Array.isArray(requests)) continue
      for (const each of requests) {
        const request = readSavedRequest(each)
        if (request !== undefined) this.#keep(name, request, Number.NEGATIVE_INFINITY)
      }
    }
  }

  #keep(requestClass: RequestClass, request: SampleRequest, now: number): void {
    const recording = this.#recordings.get(requestClass) ?? { at: now, requests: [] }
    const { requests } = recording
    const same = requests.findIndex(({ method, url }) => {
      return method === request.method && url === request.url
    })
    if (same >= 0 || requests.length >= requestsPerClass) {
      const [gone] = requests.splice(Math.max(same, 0), 1)
      if (gone !== undefined) this.#length -= lengthOf(gone)
    }
    requests.push(request)
    this.#length += lengthOf(request)
    this.#recordings.delete(requestClass)
    this.#recordings.set(requestClass, recording)
    while (this.#recordings.size > maxClasses || this.#length > maxLength) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const [oldest] = this.#recordings
    if (oldest === undefined) return
    const [name, { requests }] = oldest
    for (const request of requests) this.#length -= lengthOf(request)
    this.#recordings.delete(name)
  }
}

function isGood(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304
}

function lengthOf({ url, headers }: SampleRequest): number {
  return url.length + headers.length
}
