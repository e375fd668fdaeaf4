/** The frames that a stream sends, except those of its body. */
import type { Buffer } from 'node:buffer'
import { type ResetCode, resetCodes } from './errors.ts'
import type { FlatRow } from './flat-row.ts'
import { frameFlags, frameTypes } from './frame.ts'
import type { FrameScheduler } from './frame-scheduler.ts'
import { endRow, type ResponseHead, responseRow, type StreamEnd } from './message.ts'

/** With a body of `length` bytes, or its beginning, and with the end of the direction if given. */
export function sendResponse(
  scheduler: FrameScheduler,
  id: number,
  head: ResponseHead,
  body: Buffer | string | undefined,
  length: number,
  end: StreamEnd | undefined,
): void {
  const flags = end === undefined ? 0 : frameFlags.END
  const row = responseRow(head, end)
  scheduler.writer.addHead(frameTypes.RESPONSE, flags, id, row, body, length)
  scheduler.schedule()
}

/** `row` is a head that precedes the response. */
export function sendInterim(scheduler: FrameScheduler, id: number, row: FlatRow): void {
  scheduler.writer.addHead(frameTypes.RESPONSE, 0, id, row)
  scheduler.schedule()
}

export function sendEnd(scheduler: FrameScheduler, id: number, end: StreamEnd): void {
  scheduler.writer.addPacked(frameTypes.END, 0, id, endRow(end))
  scheduler.schedule()
}

export function sendReset(scheduler: FrameScheduler, id: number, code: ResetCode): void {
  scheduler.writer.addNumber(frameTypes.RESET, id, resetCodes[code])
  scheduler.schedule()
}

export function sendCredit(scheduler: FrameScheduler, id: number, bytes: number): void {
  scheduler.writer.addNumber(frameTypes.CREDIT, id, bytes)
  scheduler.schedule()
}
