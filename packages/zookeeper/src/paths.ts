/** Names of nodes: absolute, separated by slashes, `/` for the top. */
import { OptionError } from '@resumelb/common'

/** The path one level up; the top's is the top. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** The last name of a path; empty for the top. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The path of a child, which may be a relative path of several names. */
export function childOf(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`
}

/** The path, made absolute against `base` if it is relative. */
export function absolute(base: string, path: string): string {
  return path.startsWith('/') ? path : childOf(base, path)
}

/** The path without `.`, `..`, doubled slashes and a slash at the end. */
export function normalize(path: string): string {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `/${names.join('/')}`
}

/** Throws an {@link OptionError} for `option` unless the path begins at the top. */
export function checkPath(path: string, option = 'path'): void {
  if (!path.startsWith('/')) throw new OptionError(option, 'a path such as /lb/workers', path)
}
