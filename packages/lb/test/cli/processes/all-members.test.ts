import { expect, test } from 'vitest'
import { ChangeError } from '../../../src/admin/changes.ts'
import { AllMembers } from '../../../src/cli/processes/all-members.ts'
import type { MemberProcess } from '../../../src/cli/processes/member-process.ts'

const kept = { added: ['c:3'], removed: [], drained: [], settings: {} }

type Answer = (name: string, ...args: unknown[]) => unknown

/** Processes that answer like that, in this order. */
function members(...answers: readonly Answer[]) {
  const running = answers.map((answer, index) => ({
    number: index + 1,
    state: 'serving',
    ask: async (name: string, ...args: unknown[]) => answer(name, ...args),
  })) as unknown as MemberProcess[]
  return { running, all: new AllMembers({ running }, undefined) }
}

const good: Answer = (name) => (name === 'state' ? kept : true)

const failing =
  (error: Error): Answer =>
  () => {
    throw error
  }

test('a change is made in all processes, and kept for those that are started later', async () => {
  const asked: unknown[] = []
  const note: Answer = (name, ...args) => {
    asked.push([name, ...args])
    return good(name)
  }
  const { all } = members(note, note)
  expect(await all.drainWorker('a:1')).toBe(true)
  expect(asked.slice(0, 2)).toEqual([
    ['drainWorker', 'a:1', null],
    ['drainWorker', 'a:1', null],
  ])
  expect(all.state).toEqual(kept)
})

test('a worker that one process does not know is drained where it is known', async () => {
  const { all } = members(() => false, good)
  expect(await all.drainWorker('a:1')).toBe(true)
  expect(await members(() => false).all.drainWorker('a:1')).toBe(false)
})

test('what all processes refuse, is refused, and nothing is kept', async () => {
  const { all } = members(
    failing(new ChangeError(400, 'bad')),
    failing(new ChangeError(400, 'bad')),
  )
  await expect(all.addWorker('nowhere')).rejects.toMatchObject({ status: 400, message: 'bad' })
  expect(all.state).toBeUndefined()
})

test('a change that not all processes have made is an error, and kept', async () => {
  const { all } = members(good, failing(new Error('process 2 did not answer within 10 s')))
  await expect(all.addWorker('c:3')).rejects.toMatchObject({
    status: 500,
    message: 'Not all processes have made the change: process 2 did not answer within 10 s.',
  })
  expect(all.state).toEqual(kept)
})

test('a process that ends meanwhile is no failure: the next one makes the change again', async () => {
  const { running, all } = members(good, failing(new Error('it has ended')))
  Object.assign(running[1] as object, { state: 'gone' })
  await all.addWorker('c:3')
  expect(all.state).toEqual(kept)
})

test('without any process, no change is made', async () => {
  await expect(members().all.addWorker('c:3')).rejects.toMatchObject({ status: 503 })
})
