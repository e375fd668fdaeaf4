import { expect, test } from 'vitest'
import { mergedIncidents } from '../../../src/admin/merged/incidents.ts'
import type { Incident } from '../../../src/admin/status-document.ts'

const up = (worker: string, second: number): Incident => ({
  ...{ kind: 'workerUp', worker, text: 'connected', time: `2026-01-01T00:00:0${second}.000Z` },
})

test('what happens in all processes is one incident, and others say where', () => {
  const merged = mergedIncidents([
    { process: 1, incidents: [up('b:2', 3), up('a:1', 1)] },
    { process: 2, incidents: [up('a:1', 2), up('a:1', 4)] },
  ])
  expect(merged).toEqual([up('a:1', 1), { ...up('b:2', 3), text: 'connected (process 1)' }])
})
