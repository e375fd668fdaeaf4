/** A DNS server, dnsmasq, on a free port of the loopback address. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'

/** All names end with this. */
const zone = 'test'

/** Free ports that are tried. */
const attempts = 5

/** Addresses of names. */
type Hosts = Readonly<Record<string, readonly string[]>>

export class DnsServer {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'resumelb-dns-'))
  readonly #services: readonly string[]
  #port = 0
  #child: ChildProcess | undefined
  #written: Hosts = {}

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
    const isUp = async () =>
      (await this.#addressesOf(`up.${zone}`)).length > 0 || child.exitCode !== null
    await until(isUp, 'dnsmasq answers')
    return child.exitCode
  }

  /** Replaces the addresses of all names. Resolves when it answers with them, if it runs. */
  async setHosts(hosts: Hosts): Promise<void> {
    const names = new Set([...Object.keys(this.#written), ...Object.keys(hosts)])
    this.#write(hosts)
    if (this.#child === undefined) return
    this.#child.kill('SIGHUP')
    for (const name of names) {
      const wanted = [...(hosts[name] ?? [])].sort().join()
      const isKnown = async () => (await this.#addressesOf(name)).sort().join() === wanted
      await until(isKnown, `dnsmasq knows ${name}`)
    }
  }

  async #addressesOf(name: string): Promise<string[]> {
    const resolver = new dns.Resolver({ timeout: 200, tries: 1 })
    resolver.setServers([this.address])
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
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

  /** In one step, as dnsmasq may be reading the file. */
  #write(hosts: Hosts): void {
    this.#written = hosts
    const lines = Object.entries(hosts).flatMap(([name, addresses]) =>
      addresses.map((address) => `${address} ${name}\n`),
    )
    writeFileSync(`${this.#hosts}.new`, lines.join(''))
    renameSync(`${this.#hosts}.new`, this.#hosts)
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
