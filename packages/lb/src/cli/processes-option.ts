/** The option --processes: how many processes serve clients. */
import { availableParallelism } from 'node:os'
import { OptionError, type TextSpec } from '@resumelb/common'

const form = 'a whole number from 1 to 256, or auto'

const maxProcesses = 256

export const processesTable: {
  readonly processes: TextSpec & { readonly default: string }
} = {
  processes: {
    type: 'text',
    form,
    check: processCount,
    default: '1',
    help: 'Number of processes that serve clients; auto: one for each processor. Limits are for each of them',
  },
}

/** The number that a value of the option means. Throws an {@link OptionError}. */
export function processCount(text: string, option = '--processes'): number {
  if (text === 'auto') return availableParallelism()
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= maxProcesses) return count
  throw new OptionError(option, form, text)
}
