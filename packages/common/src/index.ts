/** The public names of @resumelb/common: what the other packages share. */
export {
  type Address,
  addressText,
  formatAddress,
  isUnixAddress,
  parseAddress,
  type TcpAddress,
  type UnixAddress,
} from './address.ts'
export { AwakeClock, awakeClockOf } from './awake-clock.ts'
export { BoundSocket, bindAt, passedSocket } from './bound-socket.ts'
export {
  type Certificate,
  type CertificateFiles,
  type CertificateLabels,
  readAuthorities,
  readCertificate,
} from './certificate.ts'
export { ClassPresence } from './class-presence.ts'
export { awaitedClock, type Clock, systemClock } from './clock.ts'
export type { ColdLoadLimits } from './cold-loads.ts'
export { OptionError, type OptionErrorDetails } from './errors.ts'
export { FairQueue } from './fair-queue.ts'
export { FileWatch, watchInterval } from './file-watch.ts'
export type { Turn } from './flow.ts'
export { Heap, type InHeap } from './heap.ts'
export {
  addListed,
  fieldsOfLines,
  firstValueOf,
  hopByHop,
  hopByHopNames,
  isBlank,
  trimBlanks,
  trimmedPart,
  withoutListed,
} from './http-fields.ts'
export { idempotentMethods } from './http-methods.ts'
export { readLatin1 } from './latin1.ts'
export { type Linked, LinkedList } from './linked-list.ts'
export {
  addressOfServer,
  descriptorOf,
  type Listen,
  type ListenOptions,
  listenAt,
  listenOn,
} from './listen.ts'
export {
  type ListenAddress,
  type ListenOption,
  listenForm,
  parseListenAddress,
  plainListenForm,
} from './listen-address.ts'
export { logLevelNamed } from './log-levels.ts'
export { type Logger, type LogMethod, silentLogger } from './logger.ts'
export { maxClassShare } from './max-class-share.ts'
export { oncePerSecond } from './once-per-second.ts'
export { refuseUnknown, resolveOptions } from './options/resolve.ts'
export { upgradeDrainTimeout } from './options/shared.ts'
export { hintAt } from './options/similar.ts'
export {
  defaultsOf,
  type FlagSpec,
  type GivenOptions,
  kebabCase,
  type ListSpec,
  type NumberSpec,
  type OptionSpec,
  type OptionTable,
  type OptionValues,
  type TextSpec,
} from './options/spec.ts'
export { readTextFile } from './read-text-file.ts'
export { mix, mostMeans, RecentMean, withOneMore } from './recent-mean.ts'
export { Reminder, reminderInterval } from './reminder.ts'
export { Renewed } from './renewed.ts'
export { RiseAndFall, type RiseAndFallOptions } from './rise-and-fall.ts'
export {
  type SlotLimits,
  Slots,
  shareOfSlots,
  slotsForColdLoads,
  unlimitedConcurrency,
  type Waiter,
} from './slots.ts'
export { leavePath, ownPath } from './socket-path.ts'
export { within } from './within.ts'
