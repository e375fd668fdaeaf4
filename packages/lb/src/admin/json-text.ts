/**
 * JSON that terminals and readers of lines can take: names in it come from clients and workers.
 * Pure.
 */

/**
 * What JSON may carry as it is, but terminals obey (C1), or some readers take for the end of a
 * line.
 */
const unsafe = /[\u2028\u2029\u007f-\u009f]/g

/** The same as `JSON.stringify`, all in visible characters. */
export function jsonText(document: unknown, indentation = 0): string {
  return JSON.stringify(document, undefined, indentation).replace(unsafe, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
