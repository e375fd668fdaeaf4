/** Starts the command of this process again, with what the new process inherits. */
import { type ChildProcess, spawn } from 'node:child_process'
import { type Inheritance, inheritanceVariable } from './inheritance.ts'

/** Those of standard input to error, and of the channel, come before. */
const firstDescriptor = 4

/**
 * The new process has the same words, environment and working directory, and standard output and
 * error of this one, and a channel to it.
 */
export function startAgain(inheritance: Inheritance): ChildProcess {
  const descriptors = inheritance.sockets.map(({ fd }) => fd)
  const sockets = inheritance.sockets.map(({ key }, index) => ({
    key,
    fd: firstDescriptor + index,
  }))
  const words = [...process.execArgv, ...process.argv.slice(1)]
  return spawn(process.execPath, words, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...descriptors],
    env: { ...process.env, ...inheritanceVariable({ ...inheritance, sockets }) },
  })
}
