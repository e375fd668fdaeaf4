/** Nodes with their properties, outside a server. */
import type { Properties } from '../node-data.ts'

/** A node, without its name; links are among its properties. */
export interface Tree {
  readonly properties: Properties
  readonly children: ReadonlyMap<string, Tree>
}

/** The property that the text writes behind the node's name. */
export const typeProperty = 'type'

/** Names or entries in the order that tools of all languages agree on: by UTF-16 units. */
export function sortedEntries<T>(entries: Iterable<readonly [string, T]>): [string, T][] {
  const copy = Array.from(entries, ([name, value]): [string, T] => [name, value])
  return copy.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
