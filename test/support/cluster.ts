/**
 * Load balancers and workers as processes that know each other from a ZooKeeper tree only, and a
 * constant load on them. They live until `end`, so that several tests can use one cluster.
 */
import { serverHost, until as untilSo } from '@resumelb/common/testing'
import { connect, importTree, parseTree, type Session } from '@resumelb/zookeeper'
import { type Answer, ask, keepAlive, Load, type Tally } from './clients.ts'
import { CommandProcess, fixture } from './processes.ts'

const tree = `
/lb : load-balancer
  variance = 4
  workers -> ../app
  /providers
/app
  threads = 16
  /providers
`

/** Milliseconds that anything may take on a machine that does much else. */
const patience = 120_000

/** Requests in progress at each load balancer. */
const concurrency = 6

export interface ClusterOptions {
  /** Seconds. */
  readonly sessionTimeout: number
  readonly workers?: number
  readonly workerArgs?: readonly string[]
  /** A list of further arguments for each load balancer. */
  readonly balancerArgs?: readonly (readonly string[])[]
}

export interface Member {
  readonly process: CommandProcess
  readonly address: string
}

export class Cluster {
  readonly #connectionString: string
  readonly #options: ClusterOptions
  readonly #ends: (() => Promise<void>)[] = []
  readonly workers: Member[] = []
  readonly balancers: Member[] = []
  readonly session: Session

  private constructor(connectionString: string, options: ClusterOptions, session: Session) {
    this.#connectionString = connectionString
    this.#options = options
    this.session = session
  }

  /** Imports the tree, starts everything and waits until all have found each other. */
  static async start(connectionString: string, options: ClusterOptions): Promise<Cluster> {
    const sessionTimeout = options.sessionTimeout * 1000
    const session = await connect(connectionString, { connectTimeout: patience, sessionTimeout })
    const cluster = new Cluster(connectionString, options, session)
    try {
      await cluster.restoreTree()
      const { workers = 4, balancerArgs = [[], []] } = options
      await Promise.all(Array.from({ length: workers }, () => cluster.startWorker()))
      const balancers = balancerArgs.map((args) => cluster.#launchBalancer(args))
      cluster.balancers.push(...(await Promise.all(balancers)))
      await cluster.allRegistered()
      await cluster.allConnected()
      return cluster
    } catch (error) {
      await cluster.end()
      throw error
    }
  }

  /** Makes the server have the tree, as soon as it can be reached; what is registered stays. */
  async restoreTree(): Promise<void> {
    const { nodes } = this.session
    let failure: unknown
    await until(
      async () => {
        const told = importTree(nodes, parseTree(tree), '/', { trim: false }, () => undefined)
        failure = await told.then(
          () => undefined,
          (error: unknown) => error,
        )
        return failure === undefined
      },
      async () => `the tree cannot be restored: ${failure}`,
    )
  }

  /** Adds a worker: on any free port, or where another one was. */
  async startWorker(
    args: readonly string[] = this.#options.workerArgs ?? [],
    at = `${serverHost}:0`,
  ) {
    const process = this.#spawn('packages/worker/bin/resumelb-worker.js', [
      ...[fixture('app.mjs'), '-a', at],
      ...['--zookeeper', this.#connectionString, '--path', '/app'],
      ...['--session-timeout', String(this.#options.sessionTimeout), ...args],
    ])
    const worker = { process, address: await process.address() }
    this.workers.push(worker)
    return worker
  }

  async startBalancer(args: readonly string[] = []): Promise<Member> {
    const balancer = await this.#launchBalancer(args)
    this.balancers.push(balancer)
    return balancer
  }

  async #launchBalancer(args: readonly string[]): Promise<Member> {
    const process = this.spawnBalancer(args)
    return { process, address: await process.address() }
  }

  /** Starts a load balancer that is none of the cluster's, and does not wait for it. */
  spawnBalancer(args: readonly string[] = []): CommandProcess {
    return this.#spawn('packages/lb/bin/zkresumelb.js', [
      ...['-LINFO', '-a', '127.0.0.1:0', '-l', ''],
      ...['--session-timeout', String(this.#options.sessionTimeout), ...args],
      ...[this.#connectionString, '/lb'],
    ])
  }

  /** Takes a worker off the list, whose process has ended or will. */
  forget(worker: Member): void {
    this.workers.splice(this.workers.indexOf(worker), 1)
  }

  /** Resolves when the tree has exactly the members. */
  async allRegistered(): Promise<void> {
    const { nodes } = this.session
    for (const [path, members] of [
      ['/app/providers', this.workers],
      ['/lb/providers', this.balancers],
    ] as const) {
      const wanted = JSON.stringify(members.map(({ address }) => address).sort())
      await until(
        async () => JSON.stringify(await nodes.children(path).catch(() => [])) === wanted,
        async () => `${path} has ${await nodes.children(path).catch(String)}, not ${wanted}`,
      )
    }
  }

  /** Resolves when every load balancer has a connection to every worker. */
  async allConnected(): Promise<void> {
    for (const { process } of this.balancers) {
      await until(
        async () => this.workers.every(({ address }) => connections(process, address) > 0),
        async () => process.stderr,
      )
    }
  }

  /** Connections that the load balancers have made to the worker so far, one number for each. */
  connections({ address }: Member): number[] {
    return this.balancers.map(({ process }) => connections(process, address))
  }

  /** Resolves when every load balancer has logged something that matches, so many times. */
  async logged(pattern: RegExp, times = 1, members: readonly Member[] = this.balancers) {
    for (const { process } of members) {
      await until(
        async () => matches(process.stderr, pattern) >= times,
        async () => `no ${pattern} in:\n${process.stderr}`,
      )
    }
  }

  /**
   * Sends requests to all load balancers all the time while `action` goes on, and for a while
   * before and after. Gives what became of them.
   */
  async underLoad(action: () => Promise<void>, methods = ['GET', 'POST']): Promise<Tally> {
    const agent = keepAlive(2 * concurrency * this.balancers.length)
    const ports = this.balancers.map(({ address }) => Number(address.split(':').pop()))
    let count = 0
    const load = new Load(concurrency * ports.length, (): Promise<Answer> => {
      count++
      const method = methods[count % methods.length] as string
      const options = { agent, method, headers: { host: `site${count % 20}.example` } }
      const port = ports[count % ports.length] as number
      return ask(port, `/slow?ms=${count % 20}`, options, method === 'GET' ? undefined : 'x')
    })
    try {
      await load.more(200)
      await action()
      await load.more(200)
    } finally {
      await load.stop()
    }
    return load.tally
  }

  /** Ends all processes. */
  async end(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()))
    await this.session.close()
  }

  #spawn(bin: string, args: readonly string[]): CommandProcess {
    return new CommandProcess(bin, args, {}, (end) => this.#ends.push(end))
  }
}

/** What a tally must be: answers of every load balancer and worker, and not one failure. */
export const nothingLost = { statuses: [200], errors: [] }

/** The kinds of answers and errors of a tally. */
export function kinds({ statuses, errors }: Tally): { statuses: number[]; errors: unknown[] } {
  return { statuses: [...statuses.keys()], errors: [...errors] }
}

/** Resolves when the condition holds; `state` tells how things stand if it does not. */
export async function until(
  condition: () => Promise<boolean>,
  state: () => Promise<string> = async () => 'it does not come true',
): Promise<void> {
  await untilSo(condition, state, patience)
}

function connections(process: CommandProcess, address: string): number {
  return matches(process.stderr, new RegExp(`"${address}".*"connected to worker"`))
}

function matches(text: string, pattern: RegExp): number {
  return text.split('\n').filter((line) => pattern.test(line)).length
}
