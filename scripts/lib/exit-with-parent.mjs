/**
 * Loaded into each process of the demonstration (node --import): ends it, as SIGTERM would, when
 * the process that started it is gone, however that went. Needs an IPC channel between the two.
 */
import { isMainThread } from 'node:worker_threads'

// Threads load this, too, and have no channel.
if (isMainThread) {
  if (!process.connected) process.exit(1)
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}
