import { expect, test } from 'vitest'
import { maxChangedWorkers, WorkerChanges } from '../../src/workers/worker-changes.ts'
import { parseWorker, type WorkerSpec, workerText } from '../../src/workers/worker-spec.ts'

const spec = (text: string) => parseWorker(text, 'a worker')
const listOf = (...texts: string[]) =>
  new Map(texts.map((text) => [spec(text).address, spec(text)]))
const textsOf = (workers: ReadonlyMap<string, WorkerSpec>) => [...workers.values()].map(workerText)

test('changes of the list outlast each list that comes', () => {
  const changes = new WorkerChanges()
  changes.list(listOf('a:1', 'b:1'))
  expect(changes.remove('a:1')).toBe(true)
  expect(changes.remove('c:1')).toBe(false)
  changes.add(spec('standby=c:1'))
  changes.add(spec('capacity=2,b:1'))
  expect(textsOf(changes.list(listOf('a:1', 'b:1', 'd:1')))).toEqual([
    'capacity=2,b:1',
    'd:1',
    'standby=c:1',
  ])
})

test('adding ends a removal, and removing an addition', () => {
  const changes = new WorkerChanges()
  changes.list(listOf('a:1'))
  changes.remove('a:1')
  changes.add(spec('a:1'))
  expect([...changes.removed]).toEqual([])
  changes.add(spec('b:1'))
  expect(changes.remove('b:1')).toBe(true)
  expect(textsOf(changes.list(listOf('a:1', 'b:1')))).toEqual(['a:1', 'b:1'])
})

test('there is a limit', () => {
  const changes = new WorkerChanges()
  for (let port = 1; port <= maxChangedWorkers; port++) changes.add(spec(`a:${port}`))
  expect(() => changes.add(spec('b:1'))).toThrow('at most')
  changes.add(spec('standby=a:1'))
})
