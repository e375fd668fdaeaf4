/** Loads user-defined functions from modules. */
import { OptionError } from '@resumelb/common'
import { importModule } from '@resumelb/common/cli'

/**
 * Whether a text refers to an export of a module, such as `./pools.js#create`, and not a built-in.
 */
export function namesExport(text: string): boolean {
  return /^(module:|\.{0,2}\/)/.test(text)
}

/**
 * Loads the function `[module:]FILE[#NAME]`; without a name, the default export. FILE is relative
 * to the working directory. Throws an {@link OptionError} about `option`.
 */
export async function loadFunction(
  option: string,
  text: string,
): Promise<(...args: never[]) => unknown> {
  const [file = '', name = 'default'] = text.replace(/^module:/, '').split('#')
  const module = await importModule(option, file)
  const found = Object.hasOwn(module, name) ? module[name] : undefined
  if (typeof found === 'function') return found as (...args: never[]) => unknown
  const names = Object.keys(module).join(', ') || 'nothing'
  throw new OptionError(option, `a function that ${file} exports as ${name}`, found, {
    reason: `it exports ${names}`,
  })
}
