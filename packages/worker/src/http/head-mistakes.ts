/** Checks the head of a response. Pure. */
import { Buffer } from 'node:buffer'
import { HeadTooLongError, maxHeadLength, type ResponseHead } from '@resumelb/protocol'

/** Maximum bytes of a packed head besides its fields and its reason. */
const headReserve = 1024

/** Why a head is invalid for a final response. */
export function responseMistake(head: ResponseHead): Error | undefined {
  const { status } = head
  if (status >= 200 || status === 101) return headTooLong(head)
  return new RangeError(`status ${status} is not valid for a final response: sent 500 instead`)
}

/** Why a head is invalid for an interim response. */
export function interimMistake(head: ResponseHead): Error | undefined {
  const { status } = head
  if (status >= 100 && status < 200 && status !== 101 && Number.isInteger(status)) {
    return headTooLong(head)
  }
  return new RangeError(`status ${status} is not valid for an interim response: dropped`)
}

/** Why a head, or trailers given as one, do not fit into a frame. */
export function headTooLong({ reason, headers }: ResponseHead): HeadTooLongError | undefined {
  // A UTF-16 unit takes at most three bytes.
  if ((reason.length + headers.length) * 3 + headReserve <= maxHeadLength) return undefined
  const length = Buffer.byteLength(reason) + Buffer.byteLength(headers) + headReserve
  return length > maxHeadLength ? new HeadTooLongError(length, maxHeadLength) : undefined
}
