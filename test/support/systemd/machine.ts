/** A systemd that runs as the first process of its own namespaces: see boot.sh. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '@resumelb/common/testing'
import { hasNamespaces } from '../namespaces.ts'
import { toolAvailable } from '../tools.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const script = fileURLToPath(new URL('boot.sh', import.meta.url))

/** Whether one can be booted here. */
export function canBoot(): boolean {
  return toolAvailable('systemd') && hasNamespaces()
}

export class Machine {
  readonly #folder: string
  readonly #child: ChildProcess
  #output = ''

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'resumelb-machine-'))
    const boot = ['unshare', '--mount', script, this.#folder, repository]
    // It ends if the test runner itself dies.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...boot], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk
      })
    }
  }

  /** Boots. Its root file system is a copy of this one, its network a loopback interface. */
  static async boot(): Promise<Machine> {
    const machine = new Machine()
    const isUp = async () => {
      try {
        await machine.run('systemctl is-active multi-user.target')
        return true
      } catch {
        return false
      }
    }
    await until(isUp, () => `systemd is up; it says\n${machine.#output}`, 120_000)
    return machine
  }

  /** Runs a script of the shell, as root. Resolves with its output; rejects if it fails. */
  async run(script: string): Promise<string> {
    const words = ['--target', String(this.#pid), '--all', '--', 'bash', '-e', '-c', script]
    return await new Promise((resolve, reject) => {
      execFile('nsenter', words, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${script}\nfailed with ${error.code}: ${stdout}${stderr}`))
      })
    })
  }

  /** The path, outside of the machine, of one of its files. */
  path(path: string): string {
    return `/proc/${this.#pid}/root${path}`
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
    const group = `${this.#folder}/cgroups/$(basename ${this.#folder})`
    const remove = `find ${group} -depth -type d -exec rmdir {} +`
    const clean = `mount -t cgroup2 none ${this.#folder}/cgroups && ${remove}`
    const isClean = () => spawnSync('unshare', ['--mount', 'sh', '-c', clean]).status === 0
    await until(isClean, 'its control groups are removed')
    await rm(this.#folder, { recursive: true })
  }

  /** The first process of the machine. Throws if there is none yet. */
  get #pid(): number {
    const { pid } = this.#child
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    const name = readFileSync(`/proc/${child}/comm`, 'utf8').trim()
    // Commands must never be run in the namespaces of the host.
    if (name !== 'systemd') throw new Error(`${name} is not systemd`)
    return Number(child)
  }
}
