/** A number with its noun, as commands print it. */

/** `1 class`, `2 classes`. `many` is the plural where it is not the singular and an s. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
