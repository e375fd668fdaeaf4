/** The paths of the unix sockets at which servers listen: who made them removes them. */
import { type BigIntStats, linkSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { maxPathLength } from './address.ts'

interface Place {
  readonly path: string
  /** The socket there when this process took it; `undefined` if others are to remove it. */
  made: string | undefined
}

/** A server, or a socket that is bound for one. */
interface Owner {
  once(event: 'close', listener: () => void): unknown
}

const places: WeakMap<Owner, Place> = new WeakMap()

/** Those of servers that have not closed. */
const owned: Set<Place> = new Set()

/**
 * The path at which a server listens, if it is known. Node.js does not know it of passed sockets.
 */
export function pathOfServer(server: Owner): string | undefined {
  return places.get(server)?.path
}

/** Notes the path of a socket that is not to be removed. */
export function notePath(server: Owner, path: string): void {
  places.set(server, { path, made: undefined })
}

/**
 * Removes the socket at a path when the server has closed, or when the process exits before, unless
 * it is another one by then, or is left to another process by {@link leavePath}.
 */
export function ownPath(server: Owner, path: string): void {
  const place: Place = { path, made: identityOf(path) }
  places.set(server, place)
  if (owned.size === 0) process.on('exit', removeAll)
  owned.add(place)
  server.once('close', () => {
    remove(place)
    owned.delete(place)
    if (owned.size === 0) process.off('exit', removeAll)
  })
}

function removeAll(): void {
  for (const place of owned) remove(place)
}

function remove({ path, made }: Place): void {
  if (made !== undefined && made === identityOf(path)) rmSync(path, { force: true })
}

/** Leaves the socket where it is when the server closes: another process has it by then. */
export function leavePath(server: Owner): void {
  const place = places.get(server)
  if (place !== undefined) place.made = undefined
}

/**
 * Where to make a socket that {@link moveSocket} then gives its name: Node.js removes the path that
 * it has made when it closes, even if another process still listens there. A path
 * that is too long for such a neighbour is made at once; then Node.js removes it.
 */
export function placeToMake(path: string): string {
  const beside = join(dirname(path), `.${basename(path)}`)
  if (Buffer.byteLength(beside) > maxPathLength) return path
  // From a process that died just then.
  rmSync(beside, { force: true })
  return beside
}

/**
 * Moves a socket from where it was made. Throws EEXIST if another process has made one meanwhile.
 */
export function moveSocket(made: string, path: string): void {
  if (made === path) return
  try {
    linkSync(made, path)
    rmSync(made)
  } catch (error) {
    // Some file systems have no links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return renameSync(made, path)
    rmSync(made, { force: true })
    throw error
  }
}

/** Not the number of the file alone, which the next file may get. */
function identityOf(path: string): string | undefined {
  const stat: BigIntStats | undefined = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && [stat.dev, stat.ino, stat.birthtimeNs].join(':')
}
