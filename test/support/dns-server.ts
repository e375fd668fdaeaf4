/** A DNS server, dnsmasq, on a free port of the loopback address. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'

/** All names end with this. */
const zone = 'test'

/** Free ports that are tried. */
const attempts = 5

export class DnsServer {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'resumelb-dns-'))
  readonly #services: readonly string[]
  #port = 0
  #child: ChildProcess | undefined

  /** `services` are SRV records as dnsmasq writes them: `NAME,HOST,PORT,PRIORITY,WEIGHT`. */
  constructor(services: readonly string[] = []) {
    this.#services = services
    this.#write({})
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Starts, at the same port as before if it has run. */
  async start(): Promise<void> {
    const isNew = this.#port === 0
    for (let attempt = 1; ; attempt++) {
      if (isNew) this.#port = await freePort()
      const status = await this.#spawn()
      if (status === null) return
      // Another process may have taken the port meanwhile.
      if (!isNew || attempt === attempts) throw new Error(`dnsmasq has failed with ${status}`)
    }
  }

  /** Resolves with null when it answers, with its exit status if it has failed. */
  async #spawn(): Promise<number | null> {
    const child = spawn('dnsmasq', [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      `--port=${this.#port}`,
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      '--no-resolv',
      '--no-hosts',
      '--user=',
      '--pid-file=',
      '--log-facility=-',
      '--local-ttl=1',
      `--local=/${zone}/`,
      `--addn-hosts=${this.#hosts}`,
      `--host-record=up.${zone},127.0.0.1`,
      ...this.#services.map((service) => `--srv-host=${service}`),
    ])
    this.#child = child
    const resolver = new dns.Resolver({ timeout: 200, tries: 1 })
    resolver.setServers([this.address])
    const isUp = () =>
      resolver.resolve4(`up.${zone}`).then(
        () => true,
        () => child.exitCode !== null,
      )
    await until(isUp, 'dnsmasq answers')
    return child.exitCode
  }

  /** Replaces the addresses of all names. */
  setHosts(hosts: Readonly<Record<string, readonly string[]>>): void {
    this.#write(hosts)
    this.#child?.kill('SIGHUP')
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    const exited = once(child, 'exit')
    if (child.exitCode === null) child.kill('SIGKILL')
    else return
    await exited
  }

  async dispose(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #hosts(): string {
    return join(this.#folder, 'hosts')
  }

  #write(hosts: Readonly<Record<string, readonly string[]>>): void {
    const lines = Object.entries(hosts).flatMap(([name, addresses]) =>
      addresses.map((address) => `${address} ${name}\n`),
    )
    writeFileSync(this.#hosts, lines.join(''))
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
