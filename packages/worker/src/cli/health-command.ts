/** Runs the command that checks the health of a worker. */
import { type ChildProcess, spawn } from 'node:child_process'

/** What the shell means by these numbers. */
const meanings: Readonly<Record<number, string>> = {
  126: ': the command cannot be executed',
  127: ': there is no such command',
}

/**
 * Runs a command with the shell, in a process group of its own. Resolves with an empty text if it
 * exits with 0, and else with the reason; what it prints is discarded. The whole group is killed
 * when the command has exited, after `timeout` milliseconds, and when `stopped` is aborted.
 */
export function runCommand(
  command: string,
  timeout: number,
  stopped: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: 'ignore', detached: true })
    const end = (reason: string) => {
      clearTimeout(timer)
      stopped.removeEventListener('abort', onStop)
      killGroup(child)
      resolve(reason)
    }
    const onStop = () => end('stopped')
    const timer = setTimeout(() => end(`not finished within ${timeout} ms`), timeout)
    stopped.addEventListener('abort', onStop)
    child.once('error', ({ message }) => end(message))
    child.once('exit', (code, signal) => end(reasonOf(code, signal)))
  })
}

function reasonOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === null) return `ended by ${signal}`
  return code === 0 ? '' : `exit status ${code}${meanings[code] ?? ''}`
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // No process of the group is left.
  }
}
