/** What the commands of all packages share: @resumelb/protocol/cli, not meant for anybody else. */
export { splitShortOptions } from './arguments.ts'
export { type LogOptions, logLevelNamed, logLevels, logOptions } from './log-options.ts'
export { type LogFile, watchForLoss } from './lost-log.ts'
export { shutdownSignal } from './signals.ts'
