/** What all HTTP/1 connections of a server have in common. */
import type { ListenerSetting } from '../setting.ts'
import type { H1HeadParser } from './head-parser.ts'
import type { WriteBatch } from './write-batch.ts'

/** Times are in milliseconds. */
export interface H1Setting extends ListenerSetting {
  readonly reader: H1HeadParser
  readonly writeBatch: WriteBatch
  /**
   * How long after its last request a client that ends its side half-closes, and waits for its
   * response. Who half-closes has nothing more to say and does so at once; who leaves, later.
   */
  readonly halfCloseTime: number
}
