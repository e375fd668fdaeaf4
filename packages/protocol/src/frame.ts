/** The frame: the unit on the wire. SPEC.md tells the same in prose, section by section. */

/** Version of the protocol that this code speaks. */
export const protocolVersion = 1

/** The first bytes of a HELLO's payload, so that a stranger is known at once. */
export const greeting = 'resumelb'

/** Bytes before the payload: 4 length, 1 type, 1 flags, 4 stream id; integers are big-endian. */
export const frameHeaderLength = 10

export const frameTypes = {
  /** Who the sender is, what it allows and, from a worker, its whole résumé. Always first. */
  HELLO: 1,
  /** Balancer to worker: a request's head, and the first bytes of its body. Opens the stream. */
  REQUEST: 2,
  /** Worker to balancer: a response's head (1xx too), and the first bytes of its body. */
  RESPONSE: 3,
  /** Body bytes, raw. */
  DATA: 4,
  /** This direction is complete: trailers, and a worker's report on the request. */
  END: 5,
  /** The stream is given up, both directions. The peer answers with a RESET unless it has ended. */
  RESET: 6,
  /** The receiver has consumed bytes of a body: as many more may be sent. */
  CREDIT: 7,
  /** Worker to balancer or monitor: its résumé, whole or what changed. */
  RESUME: 8,
  /** Worker to balancer or monitor: how busy it is, and whether it wants requests. */
  LOAD: 9,
  /** Asks for a PONG, because nothing was heard for a while. */
  PING: 10,
  PONG: 11,
  /** Why the sender ends the connection. Always last. */
  GOODBYE: 12,
} as const

/** The highest frame type that exists. */
export const lastFrameType: number = frameTypes.GOODBYE

export const frameFlags = {
  /** On REQUEST, RESPONSE, DATA: nothing more comes in this direction. */
  END: 1,
  /** On RESUME: this is all of it, not what changed. */
  WHOLE: 2,
} as const

/** Payload bytes of the longest DATA frame: short, so that streams take turns. */
export const maxDataLength: number = 16 * 1024

/** Bytes of the longest packed head or end: Node's largest default header block, many times over. */
export const maxHeadLength: number = 256 * 1024

/** Payload bytes of the longest HELLO and RESUME. A longer résumé takes several frames. */
export const maxResumeLength: number = 1024 * 1024

/** Classes in the HELLO of a worker: others follow in RESUME frames, which are taken in slices. */
export const maxHelloClasses = 16_384

const maxControlLength = 4 * 1024

/** Bytes before a packed head that say how long it is. */
export const headPrefixLength = 4

/** Payload bytes of the longest frame accepted, by type. */
export function maxPayloadLength(type: number): number {
  switch (type) {
    case frameTypes.HELLO:
    case frameTypes.RESUME:
      return maxResumeLength
    case frameTypes.REQUEST:
    case frameTypes.RESPONSE:
      return headPrefixLength + maxHeadLength + maxDataLength
    case frameTypes.END:
      return maxHeadLength
    case frameTypes.DATA:
      return maxDataLength
    default:
      return maxControlLength
  }
}
