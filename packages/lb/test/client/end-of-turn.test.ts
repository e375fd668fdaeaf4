import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { EndOfTurn } from '../../src/client/end-of-turn.ts'

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

test('texts leave at the end of the turn, as latin1, and each tells when it has', async () => {
  const [[ours, theirs], [other]] = [await pair(), await pair()]
  const endOfTurn = new EndOfTurn()
  const sent = new Promise<unknown>((resolve) => endOfTurn.write(ours, 'caf\xe9', resolve))
  endOfTurn.write(other, 'x', () => undefined)
  expect([ours.bytesWritten, other.bytesWritten]).toEqual([0, 0])
  expect(await sent).toBeFalsy()
  expect([ours.bytesWritten, other.bytesWritten]).toEqual([4, 1])
  expect((await once(theirs, 'data'))[0]).toEqual(Buffer.from('caf\xe9', 'latin1'))
})

test('a socket that is gone by then tells of an error, and the others get theirs', async () => {
  const [[gone], [ours]] = [await pair(), await pair()]
  const endOfTurn = new EndOfTurn()
  const lost = new Promise<unknown>((resolve) => endOfTurn.write(gone, 'x', resolve))
  const sent = new Promise<unknown>((resolve) => endOfTurn.write(ours, 'x', resolve))
  gone.destroy()
  expect(await lost).toBeInstanceOf(Error)
  expect(await sent).toBeFalsy()
})
