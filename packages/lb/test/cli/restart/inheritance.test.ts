import { expect, test } from 'vitest'
import { inheritanceVariable, takeInheritance } from '../../../src/cli/restart/inheritance.ts'

test('sockets of systemd have the names of the socket units', () => {
  const environment = { LISTEN_PID: '7', LISTEN_FDS: '3', LISTEN_FDNAMES: 'web:web:', OTHER: 'x' }
  expect(takeInheritance(environment, 7)).toEqual({
    sockets: [
      { key: 'fd:web', fd: 3 },
      { key: 'fd:web', fd: 4 },
      { key: 'fd:unknown', fd: 5 },
    ],
  })
  // Children would take them for theirs.
  expect(environment).toEqual({ OTHER: 'x' })
})

test.each([
  ['of another process', { LISTEN_PID: '8', LISTEN_FDS: '1' }],
  ['whose number is none', { LISTEN_PID: '7', LISTEN_FDS: 'many' }],
  ['that are not there', {}],
])('sockets %s are not used', (_, environment) => {
  expect(takeInheritance(environment, 7)).toEqual({ sockets: [] })
})

test('a successor gets what its predecessor gives', () => {
  const inheritance = {
    sockets: [{ key: ':8080', fd: 4 }],
    predecessor: { pid: 7, readyWorkers: 2 },
  }
  const environment = inheritanceVariable(inheritance)
  expect(takeInheritance(environment, 8)).toEqual(inheritance)
  expect(environment).toEqual({})
})
