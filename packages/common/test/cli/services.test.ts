import { expect, test } from 'vitest'
import { runServices, type Service } from '../../src/cli/services.ts'

function noted(events: string[], name: string, started: Promise<void> = Promise.resolve()) {
  return {
    start: async () => {
      events.push(`start ${name}`)
      await started
    },
    stop: async () => {
      events.push(`stop ${name}`)
    },
  } satisfies Service
}

/** A promise, and what resolves it. */
function signalOf(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil
  })
  return { promise, resolve }
}

test('services start in their order and stop the other way round', async () => {
  const events: string[] = []
  const signal = signalOf()
  const last = { ...noted(events, 'c'), start: async () => signal.resolve() }
  await runServices([noted(events, 'a'), noted(events, 'b'), last], signal.promise)
  expect(events).toEqual(['start a', 'start b', 'stop c', 'stop b', 'stop a'])
})

test('a service that never starts does not prevent the exit, and is stopped', async () => {
  const events: string[] = []
  const signal = signalOf()
  const stuck = {
    ...noted(events, 'stuck'),
    start: () => {
      signal.resolve()
      return new Promise<void>(() => {})
    },
  }
  await runServices([noted(events, 'a'), stuck, noted(events, 'c')], signal.promise)
  expect(events).toEqual(['start a', 'stop stuck', 'stop a'])
})

test('a service that cannot start ends the command', async () => {
  const events: string[] = []
  const bad = noted(events, 'bad', Promise.reject(new Error('the port is taken')))
  const running = runServices([noted(events, 'a'), bad], new Promise(() => {}))
  await expect(running).rejects.toThrow('the port is taken')
})
