/** The frame, the unit on the wire. SPEC.md describes the same in prose. */

/** The protocol version of this code. */
export const protocolVersion = 1

/** The first bytes of a HELLO's payload, which identify the protocol. */
export const preface = 'resumelb'

/** Bytes before the payload: 4 length, 1 type, 1 flags, 4 stream id; integers are big-endian. */
export const frameHeaderLength = 10

export const frameTypes = {
  /** Identity and limits of the sender and, from a worker, its whole résumé. Always first. */
  HELLO: 1,
  /** Balancer to worker: a request's head, and the first bytes of its body. Opens the stream. */
  REQUEST: 2,
  /** Worker to balancer: a response's head (1xx too), and the first bytes of its body. */
  RESPONSE: 3,
  /** Body bytes, raw. */
  DATA: 4,
  /** This direction is complete: trailers, and a worker's report on the request. */
  END: 5,
  /**
   * Both directions of the stream are aborted. The peer replies with a RESET unless it has
   * finished.
   */
  RESET: 6,
  /** The receiver has consumed bytes of a body: the sender may send as many more. */
  CREDIT: 7,
  /** Worker to balancer or monitor: its résumé, whole or what changed. */
  RESUME: 8,
  /** Worker to balancer or monitor: its load. */
  LOAD: 9,
  /** Asks for a PONG, because nothing was received for a while. */
  PING: 10,
  PONG: 11,
  /** Why the sender ends the connection. Always last. */
  GOODBYE: 12,
  /** A worker that leaves hands its classes over. Only to ends whose HELLO announces it. */
  HANDOVER: 13,
  /** Worker to balancer: what it is warm for. Only to those whose HELLO has `sizes`. */
  WARMTH: 14,
} as const

/** The highest frame type that exists. */
export const lastFrameType: number = frameTypes.WARMTH

export const frameFlags = {
  /** On REQUEST, RESPONSE, DATA: the last frame of this direction. */
  END: 1,
  /** On RESUME and WARMTH: replaces what was sent before instead of updating it. */
  WHOLE: 2,
  /** On REQUEST: requests of its class have been served, by whichever worker. */
  KNOWN: 4,
  /** On REQUEST: requests of other classes have come to the balancer lately. */
  OTHERS: 8,
  /** On REQUEST: the worker may refuse it while what runs takes too long. */
  MOVABLE: 16,
} as const

/** Maximum payload of a DATA frame: short, so that streams take turns. */
export const maxDataLength: number = 16 * 1024

/** Maximum length of a packed head or end: many times Node's default limit for header fields. */
export const maxHeadLength: number = 256 * 1024

/** Maximum payload of HELLO, RESUME and HANDOVER. What is longer takes several frames. */
export const maxResumeLength: number = 1024 * 1024

/**
 * Maximum classes in the HELLO of a worker: others follow in RESUME frames, which are read in
 * slices.
 */
export const maxHelloClasses = 16_384

/** Maximum payload of WARMTH: short, so that it takes turns with the bodies. */
export const maxWarmthLength: number = 32 * 1024

const maxControlLength = 4 * 1024

/** Bytes before a packed head that contain its length. */
export const headPrefixLength = 4

/** Maximum payload of the frames that are accepted, by type. */
export function maxPayloadLength(type: number): number {
  switch (type) {
    case frameTypes.HELLO:
    case frameTypes.RESUME:
    case frameTypes.HANDOVER:
      return maxResumeLength
    case frameTypes.WARMTH:
      return maxWarmthLength
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
