/** The option that all daemons have: how much they log. */
import { logLevelNamed, logLevels } from '../log-levels.ts'

export const logLevelTable: {
  readonly logLevel: {
    readonly type: 'text'
    readonly form: string
    readonly check: (text: string, option: string) => string
    readonly alias: 'L'
    readonly default: 'info'
    readonly help: string
  }
} = {
  logLevel: {
    type: 'text',
    form: `one of ${logLevels.join(', ')}`,
    check: logLevelNamed,
    alias: 'L',
    default: 'info',
    help: 'Log to standard error: debug, info, warn, error, fatal or silent',
  },
}
