/** Log lines for systemd's journal, which then knows how severe they are. */
import { fstatSync } from 'node:fs'

/** Priorities of syslog(3), by the numbers of pino's levels. */
const priorities: Readonly<Record<number, number>> = { 60: 2, 50: 3, 40: 4, 30: 6, 20: 7, 10: 7 }

/** Whether the journal reads this file descriptor, as `JOURNAL_STREAM` of systemd.exec(5) says. */
export function isJournal(
  descriptor: number,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const stream = environment['JOURNAL_STREAM']
  if (!stream) return false
  // With small numbers, Node.js (seen in 20.20) keeps the answer and then resolves no symbolic links
  // of modules, which it takes for sockets.
  const { dev, ino } = fstatSync(descriptor, { bigint: true })
  return stream === `${dev}:${ino}`
}

/** A destination of pino that puts the prefix of sd-daemon(3) before each line: `<4>` for `warn`. */
export function withPriority(destination: { write(line: string): unknown }): PriorityStream {
  return {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      destination.write(`<${priorities[this.lastLevel] ?? 6}>${line}`)
    },
  }
}

export interface PriorityStream {
  /** The level of the line that is about to be written; pino sets it. */
  lastLevel: number
  write(line: string): void
}
