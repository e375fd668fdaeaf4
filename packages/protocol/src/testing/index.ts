/** What tests of the protocol and of its users share. */
export { type MemoryPairOptions, MemorySocket, memoryPair } from './memory-pair.ts'
