/** What tests of the protocol and of its users share. */
export { ManualClock } from './manual-clock.ts'
export { type MemoryPairOptions, MemorySocket, memoryPair } from './memory-pair.ts'
