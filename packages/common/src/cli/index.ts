/** What the commands of all packages share: @resumelb/common/cli, not meant for anybody else. */
export { splitShortOptions } from './arguments.ts'
export { runCommand, UsageError } from './command.ts'
export { type LogFile, watchForLoss } from './lost-log.ts'
export { shutdownSignal } from './signals.ts'
