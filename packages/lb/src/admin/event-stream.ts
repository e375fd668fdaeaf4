/** Sends the status to clients as it changes: server-sent events, about one a second. */
import type { ServerResponse } from 'node:http'
import type { Clock } from '@resumelb/common'
import type { Incidents } from './incidents.ts'
import type { StatusReader } from './status-reader.ts'
import {
  changeText,
  statusText,
  type WrittenStatus,
  withClasses,
  written,
} from './written-status.ts'

/** Milliseconds between two events. */
export const eventInterval = 1_000

/** Clients at once; further ones are refused. */
export const maxEventClients = 32

/**
 * Bytes that may wait for a client beyond what its connection holds. One for whom more would wait
 * is disconnected: it does not read.
 */
export const maxUnsentLength: number = 1024 * 1024

/** What it sends. */
export type StatusSource = Pick<StatusReader, 'read'> & {
  readonly incidents: Pick<Incidents, 'count' | 'since'>
}

/** Clients that want the same number of classes: they get the same bytes. */
interface Channel {
  readonly classes: number
  readonly clients: Set<ServerResponse>
  last: WrittenStatus
  /** Incidents up to the last status. */
  incidents: number
}

export class EventStream {
  readonly #reader: StatusSource
  readonly #clock: Clock
  /** By the number of classes. */
  readonly #channels: Map<number, Channel> = new Map()
  #cancelTick: (() => void) | undefined

  constructor(reader: StatusSource, clock: Clock) {
    this.#reader = reader
    this.#clock = clock
  }

  /** Clients that are connected. */
  get size(): number {
    let size = 0
    for (const { clients } of this.#channels.values()) size += clients.size
    return size
  }

  /** Whether another client may come. */
  get hasRoom(): boolean {
    return this.size < maxEventClients
  }

  /**
   * Sends the whole status as the event `status`, then each second what has changed as `change`.
   * The head of the response is set here.
   */
  add(response: ServerResponse, classes: number): void {
    const channel = this.#channelOf(classes)
    response.setHeader('Content-Type', 'text/event-stream')
    response.write(`retry: ${eventInterval}\n\n${eventText('status', statusText(channel.last))}`)
    channel.clients.add(response)
    response.once('close', () => this.#remove(response, channel))
    this.#tickSoon()
  }

  /** Ends all streams. */
  stop(): void {
    this.#cancelTick?.()
    this.#cancelTick = undefined
    for (const { clients } of this.#channels.values()) {
      for (const client of clients) client.destroy()
    }
    this.#channels.clear()
  }

  #channelOf(classes: number): Channel {
    const known = this.#channels.get(classes)
    if (known !== undefined) return known
    const added = {
      classes,
      clients: new Set<ServerResponse>(),
      last: written(this.#reader.read(classes)),
      incidents: this.#reader.incidents.count,
    }
    this.#channels.set(classes, added)
    return added
  }

  #remove(response: ServerResponse, channel: Channel): void {
    channel.clients.delete(response)
    if (channel.clients.size > 0) return
    if (this.#channels.get(channel.classes) === channel) this.#channels.delete(channel.classes)
    if (this.#channels.size > 0) return
    this.#cancelTick?.()
    this.#cancelTick = undefined
  }

  #tickSoon(): void {
    this.#cancelTick ??= this.#clock.after(eventInterval, () => {
      this.#cancelTick = undefined
      this.#sendAll()
      if (this.#channels.size > 0) this.#tickSoon()
    })
  }

  #sendAll(): void {
    // The classes of a short list are the first ones of a long list, so one reading is for all.
    const status = written(this.#reader.read(Math.max(...this.#channels.keys())))
    for (const channel of this.#channels.values()) {
      this.#send(channel, withClasses(status, channel.classes))
    }
  }

  #send(channel: Channel, status: WrittenStatus): void {
    const { incidents } = this.#reader
    const change = changeText(channel.last, status, incidents.since(channel.incidents))
    channel.last = status
    channel.incidents = incidents.count
    const text = eventText('change', change)
    for (const client of channel.clients) {
      if (client.writableLength > maxUnsentLength) client.destroy()
      else client.write(text)
    }
  }
}

/** JSON has no line feeds, so that one line of data carries it. */
function eventText(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`
}
