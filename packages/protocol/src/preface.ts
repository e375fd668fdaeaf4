/** The payload of a HELLO: the preface and a version, which never change, and then a map. */
import { OptionError } from '@resumelb/common'
import { endOfPacked } from './check-packed.ts'
import { ProtocolError } from './errors.ts'
import { bad } from './fields.ts'
import { maxHelloClasses, maxResumeLength, preface, protocolVersion } from './frame.ts'
import { type Hello, helloMap, readHello } from './hello.ts'
import { pack, unpack } from './packed.ts'
import { mapAt } from './resume-pieces.ts'

const versionAt = preface.length
const contentAt = versionAt + 1

/** Throws an {@link OptionError} if the texts in the HELLO are too long. */
export function packHello(hello: Hello): Buffer {
  const payload = Buffer.concat([
    Buffer.from(preface, 'latin1'),
    Buffer.from([protocolVersion]),
    pack(helloMap(hello)),
  ])
  if (payload.length <= maxResumeLength) return payload
  throw new OptionError('a HELLO', `at most ${maxResumeLength} bytes`, payload.length, {
    reason: 'is a text too long?',
  })
}

/**
 * Reads a HELLO. Throws a {@link ProtocolError}: NOT_RESUMELB, UNSUPPORTED_VERSION or BAD_MESSAGE.
 */
export function unpackHello(bytes: Buffer, start: number, end: number): Hello {
  const text = bytes.toString('latin1', start, Math.min(start + versionAt, end))
  if (text !== preface || end - start < contentAt)
    throw notResumelbError(bytes.subarray(start, end))
  const version = bytes[start + versionAt]
  if (version !== protocolVersion) {
    const versions = `the peer speaks version ${version}, this side version ${protocolVersion}`
    throw new ProtocolError('UNSUPPORTED_VERSION', `${versions} of the resumelb protocol`)
  }
  checkClasses(bytes, start + contentAt, end)
  return readHello(unpack(bytes, start + contentAt, end))
}

/** Throws a LIMIT_EXCEEDED before decoding a résumé that would take too long. */
function checkClasses(bytes: Buffer, start: number, end: number): void {
  const map = mapAt(bytes, start, end)
  let at = map.contentAt
  for (let left = map.size; left > 0; left--) {
    const valueAt = endOfPacked(bytes, at, end)
    const next = valueAt === -1 ? -1 : endOfPacked(bytes, valueAt, end)
    if (next === -1) throw bad('hello is not plain MessagePack')
    if (unpack(bytes, at, valueAt) === 'resume') {
      const { size } = mapAt(bytes, valueAt, end)
      if (size > maxHelloClasses) {
        throw new ProtocolError(
          'LIMIT_EXCEEDED',
          `HELLO of ${size} classes, at most ${maxHelloClasses}`,
        )
      }
    }
    at = next
  }
}

/** The first bytes of a peer that sent no HELLO, so that an operator can recognise it. */
export function notResumelbError(bytes: Buffer): ProtocolError {
  if (isTlsRecord(bytes)) {
    const message = 'not a resumelb peer: it speaks TLS, which is not configured on this side'
    return new ProtocolError('NOT_RESUMELB', message)
  }
  const shown = JSON.stringify(bytes.toString('latin1', 0, shownLength))
  return new ProtocolError('NOT_RESUMELB', `not a resumelb peer: its first bytes were ${shown}`)
}

const shownLength = 40

/** Whether the bytes begin as a handshake or an alert of TLS does. */
function isTlsRecord(bytes: Buffer): boolean {
  return (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3
}
