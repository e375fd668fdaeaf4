/** What the commands of all packages share: @resumelb/common/cli, not meant for anybody else. */
export { Answer, failureOf, runCommand, UsageError } from './command.ts'
export { type CommandLine, readCommandLine } from './command-line.ts'
export { FailedModuleError, failureIn, importModule, namesFile, settled } from './import-module.ts'
export { logLevelTable } from './log-option.ts'
export { type LogFile, watchForLoss } from './lost-log.ts'
export { referenceOf, referenceTable } from './reference.ts'
export { ignoreSignals, shutdownSignal } from './signals.ts'
export type { CommandSyntax, OptionGroup, Subcommand } from './syntax.ts'
