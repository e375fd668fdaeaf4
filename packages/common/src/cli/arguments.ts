/** The words of a command line as yargs wants them. */

/**
 * Takes the value off a short option that it is written together with: `-LINFO` is `-L INFO`, which
 * yargs would read as `-L -I -N -F -O`. `letters` are those of the options that have a value.
 */
export function splitShortOptions(words: readonly string[], letters: string): string[] {
  const split: string[] = []
  for (const [at, word] of words.entries()) {
    if (word === '--') return [...split, ...words.slice(at)]
    const letter = word.charAt(1)
    const isJoined = word.length > 2 && word.startsWith('-') && letters.includes(letter)
    if (isJoined) split.push(`-${letter}`, word.slice(word.charAt(2) === '=' ? 3 : 2))
    else split.push(word)
  }
  return split
}
