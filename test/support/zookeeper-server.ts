/**
 * Real ZooKeeper servers as child processes of the test: start, kill, freeze, wipe, expire, and a
 * TCP proxy that breaks connections in the ways that networks do.
 *
 * Everything listens on the loopback address, on ports that were free a moment ago. Children die
 * with the test runner (`setpriv --pdeathsig`), so that an aborted run leaves nothing behind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverHost } from '@resumelb/common/testing'
import { filesOfTool, toolAvailable } from './tools.ts'

const jars = filesOfTool('zookeeper')

/** What a server gets unless a test asks for something else; milliseconds. */
const defaults = { tick: 200, minSessionTimeout: 400, maxSessionTimeout: 60_000 }

/** Milliseconds that a server may take to serve, on a machine that does much else. */
const startTimeout = 90_000

const javaOptions = [
  '-Xms16m',
  '-Xmx64m',
  '-Xss512k',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.net.preferIPv4Stack=true',
  '-Djava.awt.headless=true',
  // Without fsync and with a small log file: faster, and nothing here outlives a test.
  '-Dzookeeper.forceSync=no',
  '-Dzookeeper.preAllocSize=64',
  '-Dzookeeper.jmx.log4j.disable=true',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
]

/** Whether a real server can be started here; see {@link toolAvailable}. */
export function zookeeperAvailable(): boolean {
  return toolAvailable('zookeeper')
}

export interface ServerOptions {
  /** Milliseconds of a tick; the least session timeout is `minSessionTimeout`. */
  readonly tick?: number
  readonly minSessionTimeout?: number
  readonly maxSessionTimeout?: number
  /** Further lines of zoo.cfg. */
  readonly config?: readonly string[]
  readonly java?: readonly string[]
}

/** Ports of a loopback address that are free now, all different. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => listen(createServer(), host)),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** One server process and its directory. */
export class ZooKeeperServer {
  readonly port: number
  readonly #directory: string
  readonly #config: readonly string[]
  readonly #java: readonly string[]
  /** Written into the data directory, which `wipe` empties. */
  readonly #myid: string | undefined
  #process: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()

  constructor(
    directory: string,
    port: number,
    config: readonly string[],
    java: readonly string[] = [],
    myid?: string,
  ) {
    this.#directory = directory
    this.port = port
    this.#config = [...config, `dataDir=${join(directory, 'data')}`]
    this.#java = java
    this.#myid = myid
  }

  /** `HOST:PORT`. */
  get connectionString(): string {
    return `${serverHost}:${this.port}`
  }

  get isRunning(): boolean {
    return (
      this.#process !== undefined &&
      this.#process.exitCode === null &&
      this.#process.signalCode === null
    )
  }

  /** Starts the process, and waits until it serves unless told otherwise. */
  async start({ wait = true }: { wait?: boolean } = {}): Promise<this> {
    await this.#prepare()
    const log = await open(join(this.#directory, 'log'), 'a')
    const args = [...javaOptions, ...this.#java, '-cp', jars.join(':')]
    args.push('org.apache.zookeeper.server.quorum.QuorumPeerMain', join(this.#directory, 'zoo.cfg'))
    const [command, prefix] = dyingWithUs('java')
    const child = spawn(command, [...prefix, ...args], {
      stdio: ['ignore', log.fd, log.fd],
      // Ctrl-C in a terminal is for us; what dies with us anyway can wait until we end it in order.
      detached: command !== 'java',
    })
    this.#exited = new Promise((resolve) => child.once('close', resolve))
    child.once('error', () => {
      // Reported by `ready`: a process that could not be started is not running.
    })
    await log.close()
    this.#process = child
    if (wait) await this.ready()
    return this
  }

  async #prepare(): Promise<void> {
    await mkdir(join(this.#directory, 'data'), { recursive: true })
    await writeFile(join(this.#directory, 'zoo.cfg'), `${this.#config.join('\n')}\n`)
    if (this.#myid !== undefined) {
      await writeFile(join(this.#directory, 'data', 'myid'), `${this.#myid}\n`)
    }
  }

  /** `standalone`, `leader`, `follower`, or why it does not serve. */
  async mode(): Promise<string> {
    try {
      return /Mode: (\S+)/.exec(await this.ask('srvr', 1000))?.[1] ?? 'not serving'
    } catch (error) {
      return String(error)
    }
  }

  /** Resolves when the server serves. `ruok` would be too early: it is answered before that. */
  async ready(): Promise<void> {
    for (let waited = 0; waited < startTimeout; waited += 20) {
      if (/standalone|leader|follower/.test(await this.mode())) return
      if (!this.isRunning) throw new Error(`ZooKeeper did not start:\n${await this.log()}`)
      await sleep(20)
    }
    throw new Error(`ZooKeeper does not serve:\n${await this.log()}`)
  }

  /** The end of what the server has logged. */
  async log(): Promise<string> {
    const text = await readFile(join(this.#directory, 'log'), 'utf8')
    return text.slice(-3000)
  }

  /** Asks with a four-letter word such as `dump`, `cons`, `wchp`. */
  ask(word: string, timeout = 10_000): Promise<string> {
    return fourLetterWord(this.port, word, timeout)
  }

  /** Stops the process where it stands: connections stay open, and get no answer. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Ends the process, by default as a power failure would. Its data stay. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return
    this.thaw()
    this.#process?.kill(signal)
    await this.#exited
  }

  /** Deletes all data of a server that is not running. */
  async wipe(): Promise<void> {
    if (this.isRunning) throw new Error('kill the server before its data are wiped')
    await rm(join(this.#directory, 'data'), { recursive: true, force: true })
  }

  /** Ends the process and deletes its directory. */
  async dispose(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Starts one stand-alone server in a directory of its own. */
export async function startZooKeeper(options: ServerOptions = {}): Promise<ZooKeeperServer> {
  const directory = await mkdtemp(join(tmpdir(), 'resumelb-zookeeper-'))
  // The port was free a moment ago; another process may have taken it.
  for (let attempt = 1; ; attempt++) {
    const [port = 0] = await freePorts(1, serverHost)
    const place = [`clientPort=${port}`, `clientPortAddress=${serverHost}`]
    const config = [...commonConfig(options), ...place]
    const server = new ZooKeeperServer(directory, port, config, options.java)
    try {
      return await server.start()
    } catch (error) {
      await server.kill()
      if (attempt < 3) continue
      await server.dispose()
      throw error
    }
  }
}

/** Three servers (or more) that elect a leader. */
export class ZooKeeperEnsemble {
  readonly servers: readonly ZooKeeperServer[]
  readonly #directory: string

  constructor(servers: readonly ZooKeeperServer[], directory: string) {
    this.servers = servers
    this.#directory = directory
  }

  get connectionString(): string {
    return this.servers.map((server) => server.connectionString).join(',')
  }

  /** The server that leads, as soon as there is one. */
  async leader(): Promise<ZooKeeperServer> {
    for (let waited = 0; waited < startTimeout; waited += 50) {
      for (const server of this.servers) {
        if (server.isRunning && (await server.mode()) === 'leader') return server
      }
      await sleep(50)
    }
    throw new Error('the ensemble has no leader')
  }

  async dispose(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.dispose()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Starts an ensemble and waits until all of its servers serve. */
export async function startEnsemble(
  size = 3,
  options: ServerOptions = {},
): Promise<ZooKeeperEnsemble> {
  const directory = await mkdtemp(join(tmpdir(), 'resumelb-zookeeper-'))
  const ports = await freePorts(3 * size, serverHost)
  const members = Array.from({ length: size }, (_, index) => ({
    id: String(index + 1),
    ports: ports.slice(3 * index, 3 * index + 3) as [number, number, number],
  }))
  const list = members.map(
    ({ id, ports: [client, quorum, election] }) =>
      `server.${id}=${serverHost}:${quorum}:${election};${serverHost}:${client}`,
  )
  // Generous limits: with few ticks a busy machine would make followers give up.
  const config = [...commonConfig(options), 'initLimit=50', 'syncLimit=20', ...list]
  const servers = members.map(
    ({ id, ports: [client] }) =>
      new ZooKeeperServer(join(directory, id), client, config, options.java, id),
  )
  await Promise.all(servers.map((server) => server.start()))
  return new ZooKeeperEnsemble(servers, directory)
}

function commonConfig(options: ServerOptions): string[] {
  const { tick, minSessionTimeout, maxSessionTimeout } = { ...defaults, ...options }
  return [
    `tickTime=${tick}`,
    `minSessionTimeout=${minSessionTimeout}`,
    `maxSessionTimeout=${maxSessionTimeout}`,
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
    ...(options.config ?? []),
  ]
}

/** A command that is killed when this process ends, however it ends, where Linux can do that. */
function dyingWithUs(command: string): [command: string, args: string[]] {
  hasSetpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
  return hasSetpriv ? ['setpriv', ['--pdeathsig', 'KILL', command]] : [command, []]
}
let hasSetpriv: boolean | undefined

/** Asks the server on this port with a four-letter word. */
export function fourLetterWord(port: number, word: string, timeout = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, serverHost, () => socket.end(word))
    let answer = ''
    socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer to ${word}`)))
    socket.on('data', (data) => {
      answer += data.toString()
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
  })
}

/**
 * Expires a session on the server now, as its owner would end it: resumes it by id and password
 * and closes it. The owner's own reconnect may come first, so call this until the owner is `lost`.
 */
export function expireSession(port: number, sessionId: Buffer, password: Buffer): Promise<void> {
  const hello = Buffer.alloc(48)
  hello.writeInt32BE(44, 0) // length
  hello.writeInt32BE(0, 4) // protocol version
  hello.writeBigInt64BE(0n, 8) // last zxid seen
  hello.writeInt32BE(10_000, 16) // session timeout
  sessionId.copy(hello, 20)
  hello.writeInt32BE(16, 28)
  password.copy(hello, 32)
  const goodbye = Buffer.alloc(12)
  goodbye.writeInt32BE(8, 0) // length
  goodbye.writeInt32BE(1, 4) // xid
  goodbye.writeInt32BE(-11, 8) // closeSession
  return new Promise((resolve) => {
    const socket = connect(port, serverHost, () => socket.write(Buffer.concat([hello, goodbye])))
    socket.resume()
    socket.setTimeout(3000, () => socket.destroy())
    socket.once('error', () => socket.destroy())
    socket.once('close', () => resolve())
  })
}

/** What a {@link FaultProxy} does to a connection. */
export type Fault =
  | 'none'
  /** Accepts and closes at once: a server without quorum, or one that is starting. */
  | 'reject'
  /** Accepts and never says a word. */
  | 'silent'
  /** Takes everything and passes nothing on, in either direction. */
  | 'swallow'

/** A way to a server that can be broken. */
export class FaultProxy {
  /** For connections from now on, and for what existing ones carry from now on. */
  fault: Fault = 'none'
  /** Connections that were accepted so far. */
  accepted = 0
  /** Bytes to the client after which every connection is cut, counted per connection. */
  cutAfter: number = Number.POSITIVE_INFINITY
  /** May change what the server sends; the bytes are those of one packet, its length included. */
  rewrite: (packet: Buffer) => Buffer = (packet) => packet
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(target: number, server: Server) {
    this.#target = target
    this.#server = server
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** A proxy to this port of the loopback address, on a port of its own. */
  static async start(target: number): Promise<FaultProxy> {
    return new FaultProxy(target, await listen(createServer(), '127.0.0.1'))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connectionString(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Breaks all connections. New ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    this.accepted++
    this.#keep(client)
    if (this.fault === 'reject') return void client.destroy()
    if (this.fault === 'silent') return void client.resume()
    const server = connect(this.#target, serverHost)
    this.#keep(server)
    client.on('data', (data) => {
      if (this.fault === 'none') server.write(data)
    })
    this.#relay(server, client)
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())
  }

  #relay(server: Socket, client: Socket): void {
    let sent = 0
    let pending = Buffer.alloc(0)
    server.on('data', (data) => {
      if (this.fault !== 'none') return
      pending = Buffer.concat([pending, data])
      const { packets, rest } = splitPackets(pending)
      pending = rest
      const bytes = Buffer.concat(packets.map((packet) => this.rewrite(packet)))
      const room = Math.max(0, this.cutAfter - sent)
      sent += bytes.length
      if (bytes.length > room) client.end(bytes.subarray(0, room), () => client.destroy())
      else client.write(bytes)
    })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

/** Cuts what came into whole packets (a length of four bytes, then as many) and the rest. */
function splitPackets(bytes: Buffer): { packets: Buffer[]; rest: Buffer<ArrayBuffer> } {
  const packets: Buffer[] = []
  let start = 0
  while (bytes.length - start >= 4) {
    const end = start + 4 + bytes.readInt32BE(start)
    if (end > bytes.length) break
    packets.push(bytes.subarray(start, end))
    start = end
  }
  return { packets, rest: Buffer.from(bytes.subarray(start)) }
}

function listen(server: Server, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () => resolve(server))
  })
}
