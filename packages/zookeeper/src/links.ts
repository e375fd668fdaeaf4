/**
 * Links, as zc.zk has them: a property `NAME ->` of a node stands for a child that is elsewhere,
 * a property `NAME =>` for a property of another node.
 */
import { ZooKeeperError } from './errors.ts'
import type { Properties, PropertyValue } from './node-data.ts'
import type { NodeReader, Seen } from './nodes.ts'
import { absolute, childOf, nameOf, normalize, parentOf } from './paths.ts'

/** Links that one path may lead through. */
export const maxLinks = 50

export const nodeLinkSuffix = ' ->'
export const propertyLinkSuffix = ' =>'

/**
 * The real path behind links. A real node hides a link of the same name. Every node that was looked
 * at is watched with `seen`, so that the path can be resolved again when any link on the way
 * changes. Fails with `NO_NODE` or `LINK_LOOP`.
 */
export function resolvePath(reader: NodeReader, path: string, seen?: Seen): Promise<string> {
  return resolve({ reader, seen, lenient: false }, path, [])
}

/** The same for a node that may be missing: where it would have to be created. */
export function resolveMissing(reader: NodeReader, path: string, seen?: Seen): Promise<string> {
  return resolve({ reader, seen, lenient: true }, path, [])
}

interface Resolution {
  readonly reader: NodeReader
  readonly seen: Seen | undefined
  /** Whether a missing node has a path too. */
  readonly lenient: boolean
}

/** `followed` are the paths behind which a link was followed. */
async function resolve(
  resolution: Resolution,
  path: string,
  followed: readonly string[],
): Promise<string> {
  const { reader, seen, lenient } = resolution
  const plain = normalize(path)
  if ((await reader.exists(plain, seen)) !== undefined) return plain
  if (plain === '/') return missing(resolution, plain)
  if (followed.includes(plain) || followed.length >= maxLinks) {
    throw new ZooKeeperError('LINK_LOOP', `circular links: ${[...followed, plain].join(' -> ')}`)
  }
  const base = await resolve(resolution, parentOf(plain), followed)
  const real = childOf(base, nameOf(plain))
  if (real !== plain && (await reader.exists(real, seen)) !== undefined) return real
  const target = await linkTarget(resolution, base, nameOf(plain))
  if (target === undefined) return lenient ? real : missing(resolution, plain)
  return await resolve(resolution, absolute(base, target), [...followed, plain])
}

function missing({ lenient }: Resolution, path: string): string {
  if (lenient) return path
  throw new ZooKeeperError('NO_NODE', `${path}: no such node, and no link to one`)
}

async function linkTarget(
  { reader, seen, lenient }: Resolution,
  base: string,
  name: string,
): Promise<string | undefined> {
  // Below a node that is itself missing there are no links.
  if (lenient && (await reader.exists(base, seen)) === undefined) return undefined
  const properties = await reader.properties(base, seen)
  const target = properties[name + nodeLinkSuffix]
  return typeof target === 'string' && target !== '' ? target : undefined
}

/**
 * The properties of a node with property links followed and node links left out: what a program
 * takes as settings. A link that leads nowhere is passed to `warn` and left out.
 */
export async function followPropertyLinks(
  reader: NodeReader,
  node: string,
  properties: Properties,
  warn: (error: Error) => void,
  seen?: Seen,
): Promise<Properties> {
  const result = new Map<string, PropertyValue>()
  for (const [name, value] of Object.entries(properties)) {
    if (name.endsWith(nodeLinkSuffix)) continue
    if (!name.endsWith(propertyLinkSuffix)) {
      result.set(name, value)
      continue
    }
    const plain = name.slice(0, -propertyLinkSuffix.length)
    if (Object.hasOwn(properties, plain)) continue
    try {
      result.set(plain, await followLink({ reader, seen }, node, properties, plain, []))
    } catch (error) {
      if (!isBadLink(error)) throw error
      warn(new ZooKeeperError('BAD_LINK', `${node}: ${name}: ${error.message}`, { cause: error }))
    }
  }
  return Object.fromEntries(result)
}

async function followLink(
  from: { readonly reader: NodeReader; readonly seen: Seen | undefined },
  node: string,
  properties: Properties,
  name: string,
  followed: readonly string[],
): Promise<PropertyValue> {
  const here = `${node} ${name}`
  if (followed.includes(here) || followed.length >= maxLinks) {
    throw new ZooKeeperError('LINK_LOOP', `circular links: ${[...followed, here].join(' => ')}`)
  }
  const own = Object.hasOwn(properties, name) ? properties[name] : undefined
  if (own !== undefined) return own
  const link = properties[name + propertyLinkSuffix]
  const match = typeof link === 'string' ? /^(\S+)(?:\s+(\S+))?$/.exec(link.trim()) : null
  if (match?.[1] === undefined) {
    throw new ZooKeeperError('BAD_LINK', `no property ${name} in ${node}, and no link to one`)
  }
  const { reader, seen } = from
  const target = await resolvePath(reader, absolute(node, match[1]), seen)
  const there = await reader.properties(target, seen)
  return await followLink(from, target, there, match[2] ?? name, [...followed, here])
}

function isBadLink(error: unknown): error is ZooKeeperError {
  const codes = ['NO_NODE', 'LINK_LOOP', 'BAD_LINK']
  return error instanceof ZooKeeperError && codes.includes(error.code)
}
