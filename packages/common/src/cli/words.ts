/** The words of a command line, before yargs reads them and for messages after that. Pure. */
import { aliasesOf, kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import { readValue } from '../options/value.ts'

/**
 * Takes the value off a short option that it is written together with: `-LINFO` is `--L=INFO`, as
 * yargs would read `-L -I -N -F -O`.
 */
export function splitShortOptions(words: readonly string[], options: OptionTable): string[] {
  const valued = Object.values(options).filter(({ type }) => type !== 'flag')
  const letters = valued.flatMap(aliasesOf).filter(({ length }) => length === 1)
  const [before, after] = atDashes(words)
  const split = before.map((word) => {
    const isJoined = /^-[^-]./s.test(word) && letters.includes(word.charAt(1))
    return isJoined ? `--${word.charAt(1)}=${word.slice(2).replace(/^=/, '')}` : word
  })
  return [...split, ...after]
}

/** Refuses values of flags that are neither true nor false, all of which yargs takes for false. */
export function checkFlags(words: readonly string[], options: OptionTable): void {
  for (const word of atDashes(words)[0]) {
    const [, name, letter, value] =
      /^(?:--([^=]+)=|-[a-z]*([a-z])(?:=|(?![a-z=])))(.+)$/is.exec(word) ?? []
    if (value === undefined) continue
    for (const [option, spec] of Object.entries(options)) {
      const isMeant = namesOf(option, spec).includes(name ?? letter ?? '')
      if (isMeant && spec.type === 'flag') readValue(`--${name ?? kebabCase(option)}`, spec, value)
    }
  }
}

/** All names of an option on the command line, without dashes. */
export function namesOf(option: string, spec: OptionSpec): string[] {
  return [kebabCase(option), option, ...aliasesOf(spec)]
}

/** Where the last option of this name is among the words, and how it is written there. */
export function findOption(words: readonly string[], name: string): [at: number, written: string] {
  const written = atDashes(words)[0].map((word) => word.replace(/=.*$/s, ''))
  const at = written.findLastIndex((word) => /^-/.test(word) && word.replace(/^--?/, '') === name)
  return [at, written[at] ?? (name.length === 1 ? `-${name}` : `--${name}`)]
}

/** The words before `--`, which may be options, and the others. */
function atDashes(words: readonly string[]): [readonly string[], readonly string[]] {
  const at = words.indexOf('--')
  return at === -1 ? [words, []] : [words.slice(0, at), words.slice(at)]
}
