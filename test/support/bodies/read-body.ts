/** The ways in which handlers read the body of a request. */
import type { IncomingMessage } from 'node:http'
import { PassThrough, Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Plan, ReaderName } from './body-case.ts'

/** Takes what was read; resolves when the reader may go on, with whether it is to stop. */
export type Take = (chunk: Buffer) => boolean | Promise<boolean>

type Read = (request: IncomingMessage, take: Take, plan: Plan) => Promise<void>

/** Resolves at the end of the body or when `take` says stop; rejects with what the message says. */
export const readBody: Readonly<Record<ReaderName, Read>> = {
  none: async () => undefined,
  data: (request, take) => listen(request, take, (chunk) => chunk as Buffer),
  hex: (request, take) => {
    request.setEncoding('hex')
    return listen(request, take, (chunk) => Buffer.from(chunk as string, 'hex'))
  },
  readable: (request, take) => readOn(request, take, undefined),
  sized: (request, take, { pieceSize }) => readOn(request, take, pieceSize),
  iterate: async (request, take) => {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (await take(chunk)) return
    }
  },
  pipe: (request, take) => {
    const through = request.pipe(new PassThrough())
    // A pipe does not tell of the errors of its source.
    request.once('error', (error) => through.destroy(error))
    return listen(through, take, (chunk) => chunk as Buffer)
  },
  pipeline: (request, take) => pipeline(request, slowSink(take)),
  text: async (request, take) => {
    await take(await buffer(request))
  },
  web: async (request, take) => {
    const reader = Readable.toWeb(request).getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (await take(Buffer.from(read.value))) return reader.releaseLock()
    }
  },
  twice: async (request, take) => {
    const copy = new PassThrough()
    const copied = buffer(copy)
    request.pipe(copy)
    request.once('error', (error) => copy.destroy(error))
    await Promise.all([
      listen(
        request,
        () => false,
        (chunk) => chunk as Buffer,
      ),
      copied,
    ])
    await take(await copied)
    // Once more: there is nothing left.
    for await (const chunk of request) await take(chunk)
  },
}

/** Reads by 'data' events, and pauses while `take` rests. */
function listen(stream: Readable, take: Take, toBytes: (chunk: unknown) => Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: unknown) => {
      const isEnough = take(toBytes(chunk))
      if (isEnough === false) return
      stream.pause()
      Promise.resolve(isEnough).then((stops) => {
        if (!stops) {
          stream.resume()
          return
        }
        stream.off('data', onData)
        resolve()
      }, reject)
    }
    stream.on('data', onData)
    settleAtEnd(stream, resolve, reject)
  })
}

/** Reads by `read()` when there is something, of so many bytes if that is told. */
function readOn(request: IncomingMessage, take: Take, size: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onReadable = async () => {
      request.off('readable', onReadable)
      for (let chunk = request.read(size); chunk !== null; chunk = request.read(size)) {
        if (await take(chunk)) return resolve()
      }
      if (request.readableEnded) resolve()
      else request.on('readable', onReadable)
    }
    request.on('readable', onReadable)
    settleAtEnd(request, resolve, reject)
  })
}

function settleAtEnd(stream: Readable, resolve: () => void, reject: (error: Error) => void): void {
  stream.on('end', resolve)
  stream.on('error', reject)
}

function slowSink(take: Take): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      Promise.resolve(take(chunk)).then((stops) => {
        if (stops) done(new Error('enough'))
        else done()
      }, done)
    },
  })
}
