/**
 * Reads the text of a tree, as zc.zk writes and reads it:
 *
 *     # comments are whole lines
 *     /lb : ipvs                                a node, perhaps with a type
 *       /pools
 *         address = '1.2.3.4:80'                a property
 *         providers -> /cms/providers           a link to a node
 *         threads => /fooservice threads        a link to another node's property
 */
import { TreeSyntaxError } from '../errors.ts'
import { nodeLinkSuffix, propertyLinkSuffix } from '../links.ts'
import type { PropertyValue } from '../node-data.ts'
import { parsePythonLiteral } from './python-literal.ts'
import { type Tree, typeProperty } from './tree.ts'

/** What one line says. */
export type Line =
  | { readonly is: 'node'; readonly name: string; readonly type: string | undefined }
  | { readonly is: 'property'; readonly name: string; readonly value: PropertyValue }

/** Longest text that is read, in UTF-16 units. */
export const maxTreeLength = 10_000_000

interface GrowingTree {
  readonly properties: Record<string, PropertyValue>
  readonly children: Map<string, GrowingTree>
}

/** A level of indentation and what stands there: a node, or a property (`undefined`). */
interface Level {
  readonly indent: number
  readonly node: GrowingTree | undefined
}

/** The top of the tree that a text describes. Throws a {@link TreeSyntaxError}. */
export function parseTree(text: string): Tree {
  if (text.length > maxTreeLength) {
    throw new TreeSyntaxError(1, `${text.length} characters, at most ${maxTreeLength} are allowed`)
  }
  const top = growingTree()
  let levels: Level[] = [{ indent: -1, node: top }]
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trimEnd()
    const content = line.trimStart()
    if (content === '' || content.startsWith('#')) continue
    levels = add(levels, index + 1, line.length - content.length, content)
  }
  return top
}

/** Reads one line without its indentation. Throws an Error that says what is wrong. */
export function parseLine(content: string): Line {
  // First, so that a node may have an equals sign in its name.
  const node = /^\/([^\s/]+)(?:\s*:\s*(\S.*))?$/su.exec(content)
  if (node?.[1] !== undefined) return { is: 'node', name: node[1], type: node[2] }
  const propertyLink = /^([^\s=]+)\s*=>\s*(\S+(?:\s+\S+)?)$/u.exec(content)
  if (propertyLink !== null) return property(propertyLink, propertyLinkSuffix)
  const value = /^([^\s=]+)\s*=\s*(\S.*)$/su.exec(content)
  if (value?.[1] !== undefined) {
    return { is: 'property', name: value[1], value: parsePythonLiteral(value[2] ?? '') }
  }
  const nodeLink = /^(\S+)\s*->\s*(\S+)$/u.exec(content)
  if (nodeLink !== null) return property(nodeLink, nodeLinkSuffix)
  throw new Error(
    content.includes('->') ? `Bad link format: ${content}` : `Unrecognized data: ${content}`,
  )
}

function property([, name = '', value = '']: RegExpExecArray, suffix: string): Line {
  return { is: 'property', name: name + suffix, value }
}

/** Puts a line where its indentation says. The result are the levels that are open then. */
function add(open: readonly Level[], number: number, indent: number, content: string): Level[] {
  const line = understand(number, content)
  const above = open.filter((level) => level.indent < indent)
  const parent = above.at(-1)?.node
  if (parent === undefined) throw new TreeSyntaxError(number, "Can't indent under properties")
  const isDedent = open.length > above.length
  if (isDedent && open[above.length]?.indent !== indent) {
    throw new TreeSyntaxError(number, 'Invalid indentation')
  }
  if (line.is === 'property') {
    if (above.length === 1) {
      throw new TreeSyntaxError(number, "Can't import properties above imported nodes.")
    }
    if (Object.hasOwn(parent.properties, line.name)) {
      throw new TreeSyntaxError(number, `duplicate property ${line.name}`)
    }
    define(parent.properties, line.name, line.value)
    return [...above, { indent, node: undefined }]
  }
  if (parent.children.has(line.name)) {
    throw new TreeSyntaxError(number, `duplicate node ${line.name}`)
  }
  const node = growingTree()
  if (line.type !== undefined) define(node.properties, typeProperty, line.type)
  parent.children.set(line.name, node)
  return [...above, { indent, node }]
}

function understand(number: number, content: string): Line {
  try {
    return parseLine(content)
  } catch (error) {
    throw new TreeSyntaxError(number, (error as Error).message)
  }
}

function growingTree(): GrowingTree {
  return { properties: {}, children: new Map() }
}

/** As an own property even if it is called `__proto__`. */
function define(properties: object, name: string, value: PropertyValue): void {
  Object.defineProperty(properties, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}
