/** Writes a tree as text that {@link parseTree} reads. */
import { isDeepStrictEqual } from 'node:util'
import { nodeLinkSuffix, propertyLinkSuffix } from '../links.ts'
import type { PropertyValue } from '../node-data.ts'
import { type Line, parseLine } from './parse.ts'
import { pythonRepr } from './python-literal.ts'
import { sortedEntries, type Tree, typeProperty } from './tree.ts'

/**
 * The text of a tree: type behind the name, then properties, links to nodes, children, each sorted.
 * What the syntax cannot express, such as a name with a space, becomes a comment that says so.
 */
export function printTree(top: Tree): string {
  const lines = [...childLines(top, '')]
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function* childLines(tree: Tree, indent: string): Generator<string> {
  for (const [name, child] of sortedEntries(tree.children)) {
    yield* nodeLines(name, child, indent)
  }
}

function* nodeLines(name: string, node: Tree, indent: string): Generator<string> {
  const plain = { is: 'node', name, type: undefined } as const
  if (!says(`/${name}`, plain)) {
    yield `${indent}# left out: a node called ${JSON.stringify(name)}`
    return
  }
  const type = shortType(name, node)
  yield type === undefined ? `${indent}/${name}` : `${indent}/${name} : ${type}`
  const inner = `${indent}  `
  const properties = sortedEntries(Object.entries(node.properties))
  const isLink = ([key]: readonly [string, PropertyValue]): boolean => key.endsWith(nodeLinkSuffix)
  const ordered = [...properties.filter((entry) => !isLink(entry)), ...properties.filter(isLink)]
  for (const [key, value] of ordered) {
    if (key !== typeProperty || type === undefined) yield inner + propertyLine(key, value)
  }
  yield* childLines(node, inner)
}

/** The type, if it can be written behind the name. */
function shortType(name: string, node: Tree): string | undefined {
  const type = Object.hasOwn(node.properties, typeProperty)
    ? node.properties[typeProperty]
    : undefined
  if (typeof type !== 'string') return undefined
  return says(`/${name} : ${type}`, { is: 'node', name, type }) ? type : undefined
}

function propertyLine(name: string, value: PropertyValue): string {
  const isLink = name.endsWith(nodeLinkSuffix) || name.endsWith(propertyLinkSuffix)
  const line = isLink ? `${name} ${String(value)}` : `${name} = ${pythonRepr(value)}`
  return says(line, { is: 'property', name, value })
    ? line
    : `# left out: a property called ${JSON.stringify(name)}`
}

/** Whether the line is read as what it is to say. */
function says(line: string, meaning: Line): boolean {
  if (line.startsWith('#') || line.includes('\n') || line !== line.trim()) return false
  try {
    return isDeepStrictEqual(parseLine(line), meaning)
  } catch {
    // Whatever is wrong with it: it cannot be said.
    return false
  }
}
