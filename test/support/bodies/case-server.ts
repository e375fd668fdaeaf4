/** Servers that run the handlers of cases: Node's own, and workers behind a load balancer. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TcpAddress } from '@resumelb/common'
import { LoadBalancer } from '@resumelb/lb'
import { type Handler, silentLogger, Worker, type WorkerOptions } from '@resumelb/worker'
import { Upstream } from '../../../packages/worker/src/upstream/upstream.ts'
import type { BodyCase, Plan } from './body-case.ts'
import { CaseClient } from './case-client.ts'
import { pause, type Sight, Visit } from './case-handler.ts'

/** What became of one case. */
export interface Outcome {
  /** What the client got. */
  readonly answer: string
  /** What the handler saw, if it was called. */
  readonly sight: Sight | undefined
  /** Whether the handler gave the request up. */
  readonly hasBroken: boolean
  /** Whether the response was told that it is over. */
  readonly isClosed: boolean
  /** Whether something took longer than anything may. */
  readonly isStuck: boolean
}

export type End = () => Promise<void>

/** Runs the cases that are sent to its port. */
export class CaseServer {
  #port = 0
  readonly #cases: Map<string, BodyCase> = new Map()
  readonly #visits: Map<string, Visit> = new Map()
  #count = 0

  readonly listener: RequestListener = (request, response) => {
    const id = idOf(request)
    const bodyCase = this.#cases.get(id)
    if (bodyCase === undefined) response.end('ready')
    else this.#visits.set(id, new Visit(bodyCase, request, response))
  }

  /**
   * Whether Node's server makes the connection of this request useless, and does not say so: its
   * handler stops in the middle of the body and answers nevertheless. The server then reads no more
   * of the connection, or closes it after its answer, and the next request on it gets no answer.
   */
  spoilsConnection(request: IncomingMessage): boolean {
    const bodyCase = this.#cases.get(idOf(request))
    return bodyCase !== undefined && spoils(bodyCase)
  }

  at(port: number): this {
    this.#port = port
    return this
  }

  async run(bodyCase: BodyCase): Promise<Outcome> {
    const id = String(++this.#count)
    this.#cases.set(id, bodyCase)
    const client = new CaseClient(this.#port)
    const isStuck = !(await within(patience, this.#play(bodyCase, id, client)))
    client.leave()
    await client.closed
    const visit = this.#visits.get(id)
    // Node does not notice who leaves while it reads nothing of the connection.
    const isClosed = visit === undefined || (await within(noticeTime, visit.closed))
    if (visit !== undefined) await within(noticeTime, visit.done)
    // The rest of a body that was answered early may be on its way through servers in between.
    const { reader, answers } = bodyCase.plan
    const isEarly = takesAll(bodyCase.plan) && (answers === 'first' || reader === 'none')
    if (visit !== undefined && isEarly) await within(noticeTime, visit.requestClosed)
    // Events that come with the last one, or because of it.
    await pause(5)
    this.#cases.delete(id)
    this.#visits.delete(id)
    return {
      answer: client.answer,
      sight: visit?.sight,
      hasBroken: visit?.hasBroken ?? false,
      isClosed,
      isStuck,
    }
  }

  async #play(bodyCase: BodyCase, id: string, client: CaseClient): Promise<void> {
    const { body, plan } = bodyCase
    const sent = client.send(bodyCase, id)
    if (body.leavesAfter < 1) {
      await within(noticeTime, sent)
      return
    }
    if (plan.answers !== 'never') await client.answered()
    while (!this.#visits.has(id) && plan.answers === 'never') await pause(1)
    await this.#visits.get(id)?.done
    if (takesAll(plan)) await sent
  }
}

function idOf({ headers }: IncomingMessage): string {
  return String(headers['x-case'])
}

/** Milliseconds that one case may take on a machine that does much else. */
const patience = 60_000

/** Whether the body is taken to its end, by the handler or because the server discards it. */
export function takesAll({ reader, stopsAfter, answers }: Plan): boolean {
  return reader === 'none' ? answers !== 'never' : stopsAfter === 1
}

/** Milliseconds in which an end is noticed. */
const noticeTime = 300

/** Milliseconds of a turn of the event loop. */
const turn = 5

/**
 * Whether it happens in so many milliseconds. Counts turns of the event loop, in which everything
 * here goes on, so that there is more time where the machine is busy.
 */
async function within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  let isThere = false
  const end = promise.then(() => {
    isThere = true
  })
  for (let passed = 0; passed < milliseconds && !isThere; passed += turn) {
    await Promise.race([end, pause(turn)])
  }
  return isThere
}

/** Node's own server. */
export async function startNode(ends: End[]): Promise<CaseServer> {
  const cases = new CaseServer()
  return cases.at(await listen(createServer(cases.listener), ends))
}

/** A worker behind a load balancer. */
export async function startWorker(ends: End[], options: WorkerOptions): Promise<CaseServer> {
  const cases = new CaseServer()
  return cases.at(await balance(cases.listener, ends, options))
}

/** Node's own server behind a worker behind a load balancer. */
export async function startUpstream(ends: End[], options: WorkerOptions): Promise<CaseServer> {
  const cases = new CaseServer()
  const url = `http://127.0.0.1:${await listen(createServer(cases.listener), ends)}`
  const context = { log: silentLogger }
  const reusing = new Upstream(url, context)
  // Keeps no connection from one request to the next.
  const single = new Upstream(url, context)
  single.close()
  ends.push(async () => reusing.close())
  const handler: Handler = (request, response) =>
    (cases.spoilsConnection(request) ? single : reusing).handle(request, response)
  return cases.at(await balance(handler, ends, options))
}

/** See {@link CaseServer.spoilsConnection}. */
export function spoils({ plan }: BodyCase): boolean {
  return plan.stopsAfter < 1 && plan.answers !== 'never'
}

/** Node's own server behind a load balancer. */
export async function startDirect(ends: End[]): Promise<CaseServer> {
  const cases = new CaseServer()
  const url = `http://127.0.0.1:${await listen(createServer(cases.listener), ends)}`
  return cases.at(await balanceAt(url, ends))
}

async function balance(handler: Handler, ends: End[], options: WorkerOptions): Promise<number> {
  const worker = new Worker(handler, options, { log: silentLogger })
  await worker.listen({ host: '127.0.0.1', port: 0 })
  ends.push(() => worker.close())
  return balanceAt(addressOf(worker), ends)
}

async function balanceAt(worker: string, ends: End[]): Promise<number> {
  const balancer = new LoadBalancer({ workers: [worker], log: silentLogger })
  const server = createServer()
  balancer.attach(server)
  const port = await listen(server, ends)
  ends.push(() => balancer.close())
  return port
}

function addressOf(worker: Worker): string {
  const { host, port } = worker.address as TcpAddress
  return `${host}:${port}`
}

async function listen(server: Server, ends: End[]): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
