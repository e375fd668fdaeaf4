/** The channel of a process that serves clients to the primary process. */
import { OptionError } from '@resumelb/common'
import type { BalancerBackend } from '../../admin/balancer-backend.ts'
import { reportOf } from './member-services.ts'
import type { Assignment, Failure, Notice, Order, Services } from './messages.ts'

export class PrimaryChannel {
  /** Resolves with what the process is to do. */
  readonly assignment: Promise<Assignment>
  /** Resolves when it is to finish its requests and end, also if the primary process has ended. */
  readonly stopped: Promise<void>
  /** Called before {@link stopped} resolves if another process has the clients. */
  onHandedOver: () => void = () => undefined
  /** Called when the files of logs are to be opened again. */
  onReopen: (signal: NodeJS.Signals) => void = () => undefined
  #begin: (assignment: Assignment) => void = () => undefined
  #stop: () => void = () => undefined
  #serve: (services: Services) => void = () => undefined
  readonly #services: Promise<Services>

  /** Listens to the primary process. */
  constructor() {
    this.assignment = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve
    })
    this.#services = new Promise((resolve) => {
      this.#serve = resolve
    })
    process.on('message', (message) => this.#obey(message as Order))
    process.once('disconnect', () => this.#stop())
  }

  /** Answers questions with these, also those that have come before. */
  serve(services: Services): void {
    this.#serve(services)
  }

  /** Does nothing if the primary process has ended. */
  tell(notice: Notice): void {
    if (process.connected) process.send?.(notice)
  }

  /** Tells what has been counted, so that nothing is missing when this process has ended. */
  async tellLast(backend: BalancerBackend): Promise<void> {
    const notice: Notice = {
      notice: 'last',
      report: reportOf(backend, 0, 0),
      families: await backend.families(),
    }
    if (!process.connected) return
    await new Promise<void>((resolve) => {
      process.send?.(notice, undefined, undefined, () => resolve())
    })
  }

  #obey(order: Order): void {
    switch (order.order) {
      case 'begin':
        return this.#begin(order.assignment)
      case 'ask':
        return void this.#answer(order)
      case 'reopen':
        return this.onReopen(order.signal)
      case 'stop':
        if (order.isHandedOver) this.onHandedOver()
        this.#stop()
    }
  }

  async #answer({ id, name, args }: Extract<Order, { order: 'ask' }>): Promise<void> {
    try {
      const services = await this.#services
      const serve = services[name] as (...args: unknown[]) => unknown
      this.tell({ notice: 'answer', id, value: await serve(...args) })
    } catch (error) {
      this.tell({ notice: 'answer', id, error: failureOf(error as Error) })
    }
  }
}

function failureOf(error: Error): Failure {
  return { message: error.message, isRefusal: error instanceof OptionError }
}
