/**
 * Judges a status for Nagios, with the words and the exit statuses of zc.resumelb's plug-in. Pure.
 */
import type { Status } from '../../admin/status.ts'

/** Exit statuses of Nagios. */
const ok = 0
const warning = 1
export const critical = 2
export const unknown = 3

/** A limit at which to warn, and one at which it is critical; absent limits are not checked. */
export interface Limits {
  readonly warn: number | undefined
  readonly error: number | undefined
}

export interface NagiosLimits {
  readonly meanBacklog: Limits
  readonly maxBacklog: Limits
  /** In seconds. */
  readonly requestAge: Limits
  /** The fewest workers. */
  readonly workers: Limits
}

export interface NagiosAnswer {
  readonly code: number
  /** One line. */
  readonly text: string
}

/** `now` is in seconds since 1970; with `showsMetrics`, performance data follow the text. */
export function judge(
  status: Status,
  { meanBacklog, maxBacklog, requestAge, workers }: NagiosLimits,
  { now, showsMetrics }: { now: number; showsMetrics: boolean },
): NagiosAnswer {
  const count = status.workers.length
  const mean = status.mean_backlog
  const max = Math.max(0, ...status.workers.map(([, backlog]) => backlog))
  const age = Math.max(-1, ...status.workers.map(([, , , oldest]) => (oldest ? now - oldest : -1)))
  const found = [
    finding(count === 0 ? critical : ok, 'no workers are connected'),
    finding(severity(mean, meanBacklog), `mean backlog high (${plain(mean)})`),
    finding(severity(max, maxBacklog), `max backlog high (${max})`),
    finding(severity(age, requestAge), `max age too high (${age.toFixed(1)})`),
    finding(count > 0 ? severity(-count, negated(workers)) : ok, `too few workers (${count})`),
  ].filter(({ code }) => code !== ok)
  const shownAge = age >= 0 ? String(Math.round(age)) : '-'
  const good = `OK ${count} ${plain(mean)} ${max} ${shownAge}`
  const text = found.length === 0 ? good : found.map((one) => one.text).join(' ')
  const metrics = `|workers=${count} mean_backlog=${plain(mean)} max_backlog=${max} max_age=${age.toFixed(1)}seconds`
  return {
    code: Math.max(ok, ...found.map(({ code }) => code)),
    text: showsMetrics ? `${text}${metrics}` : text,
  }
}

function finding(code: number, text: string): NagiosAnswer {
  return { code, text }
}

function severity(value: number, { warn, error }: Limits): number {
  if (error !== undefined && value >= error) return critical
  return warn !== undefined && value >= warn ? warning : ok
}

function negated({ warn, error }: Limits): Limits {
  return { warn: warn && -warn, error: error && -error }
}

/** Without digits that mean nothing. */
function plain(value: number): string {
  return String(Number(value.toFixed(2)))
}
