/** Things of the user's own, from modules. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { OptionError } from '@resumelb/common'

/** Whether a text names a module's export, such as `./pools.js#create`, rather than something built in. */
export function namesExport(text: string): boolean {
  return /^(module:|\.{0,2}\/)/.test(text)
}

/**
 * The function that `[module:]FILE[#NAME]` names; the default export without a name. FILE is relative
 * to the current folder. Throws an {@link OptionError} that says what was wrong with `option`.
 */
export async function loadFunction(
  option: string,
  text: string,
): Promise<(...args: never[]) => unknown> {
  const [file = '', name = 'default'] = text.replace(/^module:/, '').split('#')
  const module = await importFile(option, file)
  const found = module[name]
  if (typeof found === 'function') return found as (...args: never[]) => unknown
  throw new OptionError(option, `a function that ${file} exports as ${name}`, found)
}

async function importFile(option: string, file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(resolve(file)).href)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OptionError(option, `a module that can be loaded (${reason})`, file, { cause })
  }
}
