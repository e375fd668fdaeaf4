import { describe, expect, test } from 'vitest'
import { ZooKeeperError } from '../src/errors.ts'
import { followPropertyLinks, resolveMissing, resolvePath } from '../src/links.ts'
import type { Properties } from '../src/node-data.ts'
import type { NodeReader } from '../src/nodes.ts'
import { parseTree } from '../src/tree/parse.ts'
import type { Tree } from '../src/tree/tree.ts'

/** A reader of a text, which notes what was watched. */
function reading(text: string) {
  const top = parseTree(text)
  const watched = new Set<string>()
  const find = (path: string): Tree | undefined =>
    path
      .split('/')
      .filter((name) => name !== '')
      .reduce<Tree | undefined>((node, name) => node?.children.get(name), top)
  const reader: NodeReader = {
    exists: async (path, seen) => {
      if (seen !== undefined) watched.add(path)
      if (find(path) === undefined) return undefined
      return { owner: undefined, version: 0, accessVersion: 0, childCount: 0 }
    },
    properties: async (path, seen) => {
      if (seen !== undefined) watched.add(path)
      const node = find(path)
      if (node === undefined) throw new ZooKeeperError('NO_NODE', path)
      return node.properties
    },
  }
  return { reader, watched, find }
}

const linked = `
/app
  /providers
    /here
/test
  /lb
    workers -> ../app
    far -> /app/providers
    nowhere -> /missing
    loop -> loop
    ping -> pong
    pong -> ping
    grows -> ./grows/more
    up -> ..
    shadowed -> /app
    /shadowed
  app -> /app
`

describe('resolvePath', () => {
  test.each([
    ['takes a real node as it is', '/app/providers', '/app/providers'],
    ['takes the top as it is', '/', '/'],
    ['normalizes dots', '/app/./providers/../providers', '/app/providers'],
    ['follows an absolute link', '/test/lb/far/here', '/app/providers/here'],
    [
      'follows a relative link, and a link behind it',
      '/test/lb/workers/providers',
      '/app/providers',
    ],
    ['follows a link upwards', '/test/lb/up/lb/far', '/app/providers'],
    ['lets a real node hide a link', '/test/lb/shadowed', '/test/lb/shadowed'],
  ])('%s', async (_rule, path, real) => {
    await expect(resolvePath(reading(linked).reader, path)).resolves.toBe(real)
  })

  test.each([
    ['NO_NODE', '/missing'],
    ['NO_NODE', '/app/missing'],
    ['NO_NODE', '/test/lb/nowhere'],
    ['NO_NODE', '/test/lb/nowhere/deeper'],
    ['LINK_LOOP', '/test/lb/loop'],
    ['LINK_LOOP', '/test/lb/ping/x'],
    ['LINK_LOOP', '/test/lb/grows'],
  ])('fails with %s for %s', async (code, path) => {
    await expect(resolvePath(reading(linked).reader, path)).rejects.toMatchObject({ code })
  })

  test('watches all that it has looked at, so that any change on the way is seen', async () => {
    const { reader, watched } = reading(linked)
    await resolvePath(reader, '/test/lb/workers/providers', () => undefined)
    expect([...watched]).toEqual(
      expect.arrayContaining([
        '/test/lb/workers',
        '/test/lb',
        '/test/app',
        '/test',
        '/app/providers',
      ]),
    )
  })
})

describe('resolveMissing', () => {
  test.each([
    ['says where a node is', '/test/lb/workers/providers', '/app/providers'],
    ['says where a missing node belongs', '/test/lb/workers/more/x', '/app/more/x'],
    ['follows a link to what is missing', '/test/lb/nowhere/x', '/missing/x'],
    ['takes a missing path as it is', '/new/lb/providers', '/new/lb/providers'],
  ])('%s', async (_rule, path, real) => {
    await expect(resolveMissing(reading(linked).reader, path)).resolves.toBe(real)
  })

  test('fails for a circle', async () => {
    const { reader } = reading(linked)
    await expect(resolveMissing(reader, '/test/lb/ping')).rejects.toMatchObject({
      code: 'LINK_LOOP',
    })
  })
})

describe('followPropertyLinks', () => {
  const text = `
/settings
  threads = 3
  other => . threads
  self => . self
/lb
  own = 1
  own => /settings threads
  threads => /settings
  renamed => /settings threads
  twice => /settings other
  relative => ../settings threads
  missing => /settings nothing
  nowhere => /nowhere
  loop => /settings self
  workers -> /app
`
  const follow = async (warnings: Error[] = []): Promise<Properties> => {
    const { reader, find } = reading(text)
    const own = find('/lb')?.properties ?? {}
    return await followPropertyLinks(reader, '/lb', own, (error) => warnings.push(error))
  }

  test('puts the values of other nodes in their places, and leaves node links out', async () => {
    await expect(follow()).resolves.toEqual({
      own: 1,
      threads: 3,
      renamed: 3,
      twice: 3,
      relative: 3,
    })
  })

  test('warns of each broken link', async () => {
    const warnings: Error[] = []
    await follow(warnings)
    expect(warnings.map(({ message }) => message.split(' =>')[0])).toEqual([
      '/lb: missing',
      '/lb: nowhere',
      '/lb: loop',
    ])
  })
})
