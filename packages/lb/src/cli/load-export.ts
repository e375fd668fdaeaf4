/** Functions of the user's own, from modules. */
import { OptionError } from '@resumelb/common'
import { importModule } from '@resumelb/common/cli'

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
  const module = await importModule(option, file)
  const found = Object.hasOwn(module, name) ? module[name] : undefined
  if (typeof found === 'function') return found as (...args: never[]) => unknown
  const names = Object.keys(module).join(', ') || 'nothing'
  throw new OptionError(option, `a function that ${file} exports as ${name}`, found, {
    reason: `it exports ${names}`,
  })
}
