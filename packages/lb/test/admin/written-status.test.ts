import { expect, test } from 'vitest'
import type { AdminStatus } from '../../src/admin/status-document.ts'
import { changeText, statusText, withClasses, written } from '../../src/admin/written-status.ts'

const before = {
  ...{ time: 't0', balancer: { backlog: 1 } },
  workers: [{ address: 'a', backlog: 0 }, { address: 'b' }],
  classes: [{ name: 'x\u2028"' }, { name: 'y' }],
  incidents: [{ kind: 'changed', text: 'one' }],
} as unknown as AdminStatus

const after = {
  ...{ time: 't1', balancer: { backlog: 2 } },
  workers: [{ address: 'a', backlog: 3 }, { address: 'c' }],
  classes: [{ name: 'z' }, { name: 'x\u2028"' }],
  incidents: [],
} as unknown as AdminStatus

test('a written status is the JSON of the status, in visible characters', () => {
  const text = statusText(written(before))
  expect(JSON.parse(text)).toEqual(before)
  expect(text).not.toContain('\u2028')
})

test('a change has the rows that are new or have changed, and the keys of those that are gone', () => {
  const [incident] = before.incidents
  const text = changeText(written(before), written(after), incident ? [incident] : [])
  expect(JSON.parse(text)).toEqual({
    ...{ time: 't1', balancer: { backlog: 2 } },
    ...{ workers: after.workers, workersGone: ['b'] },
    ...{ classes: [{ name: 'z' }], classesGone: ['y'] },
    incidents: [incident],
  })
})

test('with fewer classes it has the first ones', () => {
  const text = statusText(withClasses(written(before), 1))
  expect(JSON.parse(text)).toEqual({ ...before, classes: before.classes.slice(0, 1) })
})
