import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { OptionError } from '../src/errors.ts'
import { addressOfServer, type ListenOptions, listenAt } from '../src/listen.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'resumelb-listen-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const socketPath = async () => join(await folder(), 'socket')

async function listen(path: string, options?: ListenOptions): Promise<Server> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await listenAt(server, { path }, options)
  return server
}

describe('listenAt', () => {
  test('takes a free port for port 0', async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    await listenAt(server, { host: '127.0.0.1', port: 0 })
    expect(addressOfServer(server)).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
  })

  test('makes a socket with the mode, and leaves the umask as it was', async () => {
    const path = await socketPath()
    const umask = process.umask()
    await listen(path, { mode: 0o606 })
    expect((await stat(path)).mode & 0o777).toBe(0o606)
    expect(process.umask()).toBe(umask)
  })

  test('removes the socket when the server closes', async () => {
    const path = await socketPath()
    const server = await listen(path)
    expect(addressOfServer(server)).toEqual({ path })
    await new Promise((resolve) => server.close(resolve))
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  test('replaces a socket that a dead process has left', async () => {
    const path = await socketPath()
    const code = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', code, path])
    expect((await stat(path)).isSocket()).toBe(true)
    await listen(path)
  })

  test('does not take the socket of another process', async () => {
    const path = await socketPath()
    const first = await listen(path)
    await expect(listen(path, { option: '--address' })).rejects.toThrow(
      `Expected --address to be a socket that no other process listens at, got '${path}'`,
    )
    expect(first.listening).toBe(true)
    expect((await stat(path)).isSocket()).toBe(true)
  })

  test('removes no file that is not a socket', async () => {
    const path = await socketPath()
    await writeFile(path, 'precious')
    await expect(listen(path)).rejects.toThrow('the path of a socket')
    expect((await stat(path)).isFile()).toBe(true)
  })

  test('names a directory that does not exist', async () => {
    const missing = join(await folder(), 'missing')
    const refused = expect(listen(join(missing, 'socket'))).rejects
    await refused.toThrow(`there is no directory ${missing}`)
    await expect(listen(join(missing, 'socket'))).rejects.toBeInstanceOf(OptionError)
  })
})
