import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../../../test/support/certificates.ts'
import { WriteBatch } from '../../../src/listener/h1/write-batch.ts'

async function pair(): Promise<[ours: Socket, theirs: Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const theirs = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [ours] = (await once(server, 'connection')) as [Socket]
  ours.on('error', () => undefined)
  onTestFinished(() => {
    ours.destroy()
    theirs.destroy()
    server.close()
  })
  return [ours, theirs]
}

/** Writes a text, and resolves with what its sender is told. */
const send = (writeBatch: WriteBatch, socket: Socket, text: string, onBlocked = () => undefined) =>
  new Promise<unknown>((onSent) => writeBatch.write({ socket, onSent, onBlocked }, text))

test('texts are written at the end of the iteration, as latin1, and each calls back when it was', async () => {
  const [[ours, theirs], [other]] = [await pair(), await pair()]
  const writeBatch = new WriteBatch()
  const sent = send(writeBatch, ours, 'caf\xe9')
  void send(writeBatch, other, 'x')
  expect([ours.bytesWritten, other.bytesWritten]).toEqual([0, 0])
  expect(await sent).toBeFalsy()
  expect([ours.bytesWritten, other.bytesWritten]).toEqual([4, 1])
  expect((await once(theirs, 'data'))[0]).toEqual(Buffer.from('caf\xe9', 'latin1'))
})

test('texts are written at once on flush', async () => {
  const [ours] = await pair()
  const writeBatch = new WriteBatch()
  void send(writeBatch, ours, 'x')
  writeBatch.flush()
  expect(ours.bytesWritten).toBe(1)
})

test('a socket that is closed by then reports an error, and the others get their texts', async () => {
  const [[gone], [ours]] = [await pair(), await pair()]
  const writeBatch = new WriteBatch()
  const [lost, sent] = [send(writeBatch, gone, 'x'), send(writeBatch, ours, 'x')]
  gone.destroy()
  expect(await lost).toBeInstanceOf(Error)
  expect(await sent).toBeFalsy()
})

test('a text that the kernel does not accept is reported', async () => {
  const [ours, theirs] = await pair()
  theirs.pause()
  while (ours.writableLength === 0) ours.write(Buffer.alloc(100_000))
  const blocked = new Promise<undefined>((resolve) => {
    void send(new WriteBatch(), ours, 'x', () => {
      resolve(undefined)
      return undefined
    })
  })
  await blocked
})

test('a text that the kernel has accepted is not reported, over TLS either', async () => {
  const { cert, key } = await makeCertificate(['localhost'])
  const server = createTlsServer({ cert, key }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const theirs = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  const [ours] = (await once(server, 'secureConnection')) as [Socket]
  onTestFinished(() => {
    ours.destroy()
    theirs.destroy()
    server.close()
  })
  let reports = 0
  const writeBatch = new WriteBatch()
  for (let texts = 0; texts < 3; texts++) {
    await send(writeBatch, ours, 'x', () => void reports++)
  }
  expect(reports).toBe(0)
  theirs.pause()
  for (let isFull = false; !isFull; ) {
    ours.write(Buffer.alloc(100_000))
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    isFull = ours.writableLength > 0
  }
  await new Promise<void>((resolve) => void send(writeBatch, ours, 'x', () => void resolve()))
})
