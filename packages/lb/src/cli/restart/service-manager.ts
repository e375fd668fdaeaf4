/** Tells systemd the state of the service, as sd_notify(3). */
import { execFile } from 'node:child_process'
import type { Logger } from '@resumelb/common'

/** Milliseconds that the command may take. */
const commandTimeout = 5_000

/**
 * Tells that this process serves, and is the main one of its service. Without systemd, does
 * nothing. Node.js has no datagram sockets on paths, so that systemd's own command sends it; the
 * unit needs `NotifyAccess=all` for that.
 */
export async function notifyReady(
  log: Logger,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  if (!environment['NOTIFY_SOCKET']) return
  const states = ['READY=1', `MAINPID=${process.pid}`]
  await new Promise<void>((resolve) => {
    const options = { timeout: commandTimeout, env: environment as NodeJS.ProcessEnv }
    execFile('systemd-notify', states, options, (error) => {
      if (error !== null) log.warn({ error: error.message }, 'cannot notify systemd')
      resolve()
    })
  })
}
