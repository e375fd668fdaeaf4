/** What the tests of several packages share. */
export { ManualClock } from './manual-clock.ts'
export { serverHost } from './server-host.ts'
export { settle } from './settle.ts'
export { until } from './until.ts'
