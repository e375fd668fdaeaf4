/** What tests of the protocol and of its users share. */
export { ManualClock } from './manual-clock.ts'
