import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { TcpAddress } from '../src/address.ts'
import { OptionError } from '../src/errors.ts'
import { addressOfServer, descriptorOf, type ListenOptions, listenAt } from '../src/listen.ts'
import { leavePath } from '../src/socket-path.ts'

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

  test('refuses a port that is taken, and names the option', async () => {
    const [server, second] = [createServer(), createServer()]
    onTestFinished(() => void server.close())
    await listenAt(server, { host: '127.0.0.1', port: 0 })
    const { port } = addressOfServer(server) as TcpAddress
    const refused = listenAt(second, { host: '127.0.0.1', port }, { option: '--admin' })
    await expect(refused).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `--admin: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
    })
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

  test('does not remove the socket of another server that has replaced its own', async () => {
    const path = await socketPath()
    const server = await listen(path)
    await rm(path)
    await listen(path)
    await new Promise((resolve) => server.close(resolve))
    expect((await stat(path)).isSocket()).toBe(true)
    expect(await readdir(dirname(path))).toEqual([basename(path)])
  })
})

/** Another process that listens with the socket of `server`. */
async function share(server: Server, path?: string) {
  const code = `
    import { createServer } from 'node:net'
    import { addressOfServer, listenOn } from './src/listen.ts'
    import { ownPath } from './src/socket-path.ts'
    const server = createServer()
    await listenOn(server, 3)
    ${path === undefined ? '' : `ownPath(server, '${path}')`}
    console.log(JSON.stringify(addressOfServer(server)))
    process.stdin.resume().on('end', () => server.close())`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit', descriptorOf(server)],
    cwd: new URL('..', import.meta.url),
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const [line] = await once(child.stdout as Readable, 'data')
  const close = () => {
    child.stdin?.end()
    return closed
  }
  return { address: JSON.parse(line), close }
}

describe('listenOn', () => {
  test('goes on with the port of another process', async () => {
    const server = createServer()
    await listenAt(server, { host: '127.0.0.1', port: 0 })
    const address = addressOfServer(server)
    const successor = await share(server)
    server.close()
    expect(successor.address).toEqual(address)
    const client = connect(address as TcpAddress)
    await once(client, 'connect')
    client.destroy()
    await successor.close()
  })

  test('goes on with a unix socket that the other one leaves, and removes it at its end', async () => {
    const path = await socketPath()
    const server = await listen(path)
    const successor = await share(server, path)
    leavePath(server)
    await new Promise((resolve) => server.close(resolve))
    expect((await stat(path)).isSocket()).toBe(true)
    expect(successor.address).toEqual({ path })
    await successor.close()
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  test.runIf(process.platform === 'linux')(
    'finds the path of a unix socket that others remove',
    async () => {
      const path = await socketPath()
      const server = createServer().listen(path)
      await once(server, 'listening')
      const successor = await share(server)
      expect(successor.address).toEqual({ path })
      await successor.close()
      expect((await stat(path)).isSocket()).toBe(true)
    },
  )
})
