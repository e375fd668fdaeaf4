/** The options for warming up, as the command takes them: modules and lists are files. */
import { readFileSync } from 'node:fs'
import { OptionError, type OptionValues, type TextSpec } from '@resumelb/common'
import { type CommandLine, importModule, UsageError } from '@resumelb/common/cli'
import { type WarmFunction, type WarmUpOptions, warmUpTable } from '../warm-up/options.ts'
import { readUrlList } from '../warm-up/url-list.ts'

const sources: {
  readonly warmUp: TextSpec & { readonly default: string }
  readonly warmUpUrls: TextSpec
} = {
  warmUp: {
    type: 'text',
    form: 'off, replay or a module',
    default: 'off',
    help: 'Before it takes requests: replay recent requests of each class of the résumé (GET and HEAD, which are then recorded in --resume-file), or call warm(requestClass, { signal }) of this MODULE',
  },
  warmUpUrls: {
    type: 'text',
    form: 'the path of a file',
    help: 'Request the URLs in this file as well, one in each line, before requests are taken',
  },
}

/** All options for warming up. */
export const warmUpCommandTable: typeof sources & typeof warmUpTable = {
  ...sources,
  ...warmUpTable,
}

export type WarmUpValues = OptionValues<typeof warmUpCommandTable>

interface WarmUpLine extends Pick<CommandLine, 'labelOf'> {
  readonly values: WarmUpValues
}

/** The options for the worker. Rejects with an error that names the option. */
export async function warmUpFrom({ values, labelOf }: WarmUpLine): Promise<WarmUpOptions> {
  const { warmUp, warmUpUrls: path } = values
  const { warmUpConcurrency, warmUpTimeout, warmUpClasses, warmUpCredentials } = values
  return {
    warmUp: isWord(warmUp) ? warmUp : await functionOf(warmUp, labelOf('warmUp')),
    ...(path !== undefined && { warmUpUrls: listIn(path, labelOf('warmUpUrls')) }),
    ...{ warmUpConcurrency, warmUpTimeout, warmUpClasses, warmUpCredentials },
  }
}

function isWord(warmUp: string): warmUp is 'off' | 'replay' {
  return warmUp === 'off' || warmUp === 'replay'
}

async function functionOf(module: string, option: string): Promise<WarmFunction> {
  const { warm } = await importModule(option, module)
  if (typeof warm === 'function') return warm as WarmFunction
  throw new UsageError(`Expected ${option} to export a function warm, which ${module} does not`)
}

function listIn(path: string, option: string): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { message: reason } = error as Error
    throw new OptionError(option, 'the path of a file that can be read', path, { reason })
  }
  return readUrlList(text, option)
}
