/** Trees in a server: export, import, set, remove. The messages are zc.zk's. */
import { isDeepStrictEqual } from 'node:util'
import { type AccessList, openAccess } from '../auth.ts'
import { hasCode } from '../errors.ts'
import { nodeLinkSuffix, propertyLinkSuffix } from '../links.ts'
import { decodeProperties, encodeProperties, type Properties } from '../node-data.ts'
import type { Nodes } from '../nodes.ts'
import { childOf, nameOf } from '../paths.ts'
import { printTree } from './print.ts'
import { pythonStr } from './python-literal.ts'
import { sortedEntries, type Tree } from './tree.ts'

export interface ExportOptions {
  /** Whether nodes that belong to a session are included. */
  readonly ephemeral?: boolean
}

/** ZooKeeper's own nodes, which no export includes. */
const systemNode = 'zookeeper'

/** The text of what is under the path; the node itself is included unless it is the top. */
export async function exportTree(
  nodes: Nodes,
  path = '/',
  options: ExportOptions = {},
): Promise<string> {
  const ephemeral = options.ephemeral ?? false
  const tree = await load(nodes, path, ephemeral)
  if (tree === undefined) return ''
  if (path !== '/') return printTree({ properties: {}, children: new Map([[nameOf(path), tree]]) })
  return printTree(tree)
}

/** `undefined` for an ephemeral node that is to be left out. Fails if the path does not exist. */
async function load(nodes: Nodes, path: string, ephemeral: boolean): Promise<Tree | undefined> {
  const { data, stat } = await nodes.read(path)
  if (stat.owner !== undefined && !ephemeral) return undefined
  const children = new Map<string, Tree>()
  for (const name of await nodes.children(path)) {
    if (path === '/' && name === systemNode) continue
    try {
      const child = await load(nodes, childOf(path, name), ephemeral)
      if (child !== undefined) children.set(name, child)
    } catch (error) {
      // Others go on working: what was listed may be gone when it is read.
      if (!hasCode(error, 'NO_NODE')) throw error
    }
  }
  return { properties: decodeProperties(data), children }
}

export interface ImportOptions {
  /**
   * What to do with nodes below the imported ones that the text does not have: `true` deletes them
   * (never ephemeral ones or their ancestors), `false` leaves them, `undefined` leaves and tells.
   */
  readonly trim?: boolean | undefined
  /** Only reports what would be done. */
  readonly dryRun?: boolean
  /** Who may do what with the imported nodes. */
  readonly access?: AccessList
  /** Hears of each node that has been made or changed. */
  readonly onChange?: (path: string) => void
}

/** Brings what is under the path, which must exist, into line with the tree. */
export async function importTree(
  nodes: Nodes,
  tree: Tree,
  path: string,
  options: ImportOptions,
  tell: (message: string) => void,
): Promise<void> {
  for (const [name, child] of sortedEntries(tree.children)) {
    const node = childOf(path, name)
    if (await importNode(nodes, child, node, options, tell)) {
      await trim(nodes, child, node, options, tell)
      await importTree(nodes, child, node, options, tell)
    }
  }
}

/** Returns whether the node is there now; in a dry run a new one is not. */
async function importNode(
  nodes: Nodes,
  tree: Tree,
  path: string,
  { dryRun = false, access = openAccess, onChange }: ImportOptions,
  tell: (message: string) => void,
): Promise<boolean> {
  const data = encodeProperties(tree.properties)
  if ((await nodes.exists(path)) === undefined) {
    if (dryRun) tell(`add ${path}`)
    else await nodes.create(path, data, { access })
    if (!dryRun) onChange?.(path)
    return !dryRun
  }
  const present = (await nodes.read(path)).data
  if (dryRun) {
    for (const change of changes(decodeProperties(present), tree.properties)) {
      tell(`${path} ${change}`)
    }
    return true
  }
  const isSame = present.equals(data)
  if (!isSame) await nodes.write(path, data)
  const isAccessible = isDeepStrictEqual(await nodes.access(path), access)
  if (!isAccessible) await nodes.setAccess(path, access)
  if (!isSame || !isAccessible) onChange?.(path)
  return true
}

/** What has to be done to get from the old properties to the new ones, line by line. */
function* changes(before: Properties, after: Properties): Generator<string> {
  for (const [name, value] of sortedEntries(Object.entries(before))) {
    const next = Object.hasOwn(after, name) ? after[name] : undefined
    if (next === undefined) yield `remove ${description(name, pythonStr(value))}`
    else if (!isDeepStrictEqual(value, next)) {
      const what = isLink(name) ? `${name.slice(0, -3)} link` : name
      yield `${what} change from ${pythonStr(value)} to ${pythonStr(next)}`
    }
  }
  for (const [name, value] of sortedEntries(Object.entries(after))) {
    if (!Object.hasOwn(before, name)) yield `add ${description(name, pythonStr(value))}`
  }
}

function description(name: string, value: string): string {
  return isLink(name) ? `link ${name} ${value}` : `property ${name} = ${value}`
}

function isLink(name: string): boolean {
  return name.endsWith(nodeLinkSuffix) || name.endsWith(propertyLinkSuffix)
}

async function trim(
  nodes: Nodes,
  tree: Tree,
  path: string,
  options: ImportOptions,
  tell: (message: string) => void,
): Promise<void> {
  if (options.trim === false) return
  for (const name of await nodes.children(path)) {
    const child = childOf(path, name)
    if (tree.children.has(name)) continue
    if (options.trim === undefined) tell(`extra path not trimmed: ${child}`)
    else await remove(nodes, child, { dryRun: options.dryRun ?? false, quietTop: true }, tell)
  }
}

export interface DeleteOptions {
  /** Only reports what would be done. */
  readonly dryRun?: boolean
  /** Deletes nodes that belong to a session, too. */
  readonly force?: boolean
}

/**
 * Deletes a node and all below it, except ephemeral nodes and their ancestors. Returns whether all
 * went.
 */
export async function deleteTree(
  nodes: Nodes,
  path: string,
  options: DeleteOptions,
  tell: (message: string) => void,
): Promise<boolean> {
  // A node that does not exist is an error here; below, it has gone meanwhile.
  await nodes.read(path)
  return await remove(nodes, path, { ...options, quietTop: false }, tell)
}

async function remove(
  nodes: Nodes,
  path: string,
  options: DeleteOptions & { readonly quietTop: boolean },
  tell: (message: string) => void,
): Promise<boolean> {
  try {
    return await removePresent(nodes, path, options, tell)
  } catch (error) {
    if (hasCode(error, 'NO_NODE')) return true
    throw error
  }
}

async function removePresent(
  nodes: Nodes,
  path: string,
  options: DeleteOptions & { readonly quietTop: boolean },
  tell: (message: string) => void,
): Promise<boolean> {
  const { dryRun = false, force = false, quietTop } = options
  let isEmpty = true
  for (const name of await nodes.children(path)) {
    const isGone = await remove(nodes, childOf(path, name), { ...options, quietTop: false }, tell)
    isEmpty &&= isGone
  }
  if (!isEmpty) {
    tell(`${path} not deleted due to ephemeral descendent.`)
    return false
  }
  const { stat } = await nodes.read(path)
  if (stat.owner !== undefined && !force) {
    const message = dryRun
      ? `wouldn't delete ${path} because it's ephemeral.`
      : `Not deleting ${path} because it's ephemeral.`
    if (!quietTop) tell(message)
    return false
  }
  if (dryRun) tell(`would delete ${path}.`)
  else await nodes.remove(path)
  return true
}

/** Tries of a change whose node others change at the same time. */
const maxTries = 10

/** Changes some properties of a node and leaves the others; `undefined` removes one. */
export async function setProperties(
  nodes: Nodes,
  path: string,
  change: { readonly [name: string]: Properties[string] | undefined },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { data, stat } = await nodes.read(path)
    const merged = Object.entries({ ...decodeProperties(data), ...change })
    const kept = merged.filter((entry): entry is [string, Properties[string]] => {
      return entry[1] !== undefined
    })
    try {
      return await nodes.write(path, encodeProperties(Object.fromEntries(kept)), stat.version)
    } catch (error) {
      if (!hasCode(error, 'BAD_VERSION') || attempt === maxTries) throw error
    }
  }
}
