/** What all HTTP/1 connections of a server have in common. */
import type { ListenerSetting } from '../setting.ts'
import type { H1HeadParser } from './head-parser.ts'
import type { WriteBatch } from './write-batch.ts'

/** Times are in milliseconds. */
export interface H1Setting extends ListenerSetting {
  readonly reader: H1HeadParser
  readonly writeBatch: WriteBatch
  /**
   * Time after its last request in which a client may half-close and still get its response.
   * Clients that half-close on purpose do so at once; those that close later are leaving.
   */
  readonly halfCloseTime: number
}
