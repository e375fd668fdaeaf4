import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Properties } from '../../src/node-data.ts'
import { parseTree } from '../../src/tree/parse.ts'
import { printTree } from '../../src/tree/print.ts'
import type { Tree } from '../../src/tree/tree.ts'
import { patient } from '../harness.ts'

const node = (properties: Properties, children: Record<string, Tree> = {}): Tree => ({
  properties,
  children: new Map(Object.entries(children)),
})

describe('printTree', () => {
  test('writes type, properties, links and children in order', () => {
    const lb = node(
      {
        type: 'ipvs',
        b: 'x',
        'z ->': '/z',
        'threads =>': '/fooservice threads',
        a: 1,
        'c ->': '/c',
      },
      { workers: node({}), providers: node({}) },
    )
    expect(printTree(node({}, { lb, app: node({}) }))).toBe(`/app
/lb : ipvs
  a = 1
  b = 'x'
  threads => /fooservice threads
  c -> /c
  z -> /z
  /providers
  /workers
`)
  })

  test('writes nothing for nothing', () => {
    expect(printTree(node({}))).toBe('')
  })

  test('writes a type that does not fit behind the name as a property', () => {
    const text = printTree(
      node({}, { a: node({ type: 1 }), b: node({ type: 'x\ny' }), c: node({ type: '' }) }),
    )
    expect(text).toBe("/a\n  type = 1\n/b\n  type = 'x\\ny'\n/c\n  type = ''\n")
  })

  test('says in a comment what the syntax cannot say', () => {
    const odd = node({ 'a b': 1, '#c': 2, 'd ->': 'e f' }, { 'g h': node({}) })
    expect(printTree(node({}, { odd }))).toBe(`/odd
  # left out: a property called "#c"
  # left out: a property called "a b"
  # left out: a property called "d ->"
  # left out: a node called "g h"
`)
  })

  test('writes what parseTree reads', patient, () => {
    const name = fc
      .stringMatching(/^[A-Za-z0-9_.:+@-]{1,8}$/)
      .filter((text) => !text.includes('->'))
    const value = fc.jsonValue({ maxDepth: 2 }).map((raw) => JSON.parse(JSON.stringify(raw)))
    const properties = fc.tuple(
      fc.dictionary(name, value),
      fc.dictionary(
        name.map((text) => `${text} ->`),
        fc.constantFrom('/a', '../b', 'c/d'),
      ),
      fc.dictionary(
        name.map((text) => `${text} =>`),
        fc.constantFrom('/a', '../b c'),
      ),
    )
    const over = (child: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> =>
      fc
        .tuple(properties, fc.dictionary(name, child, { maxKeys: 3 }))
        .map(([[plain, links, propertyLinks], children]) =>
          node({ ...plain, ...links, ...propertyLinks }, children),
        )
    const tree = over(over(over(fc.constant(node({})))))
    fc.assert(
      fc.property(fc.dictionary(name, tree, { maxKeys: 3 }), (children) => {
        const top = node({}, children)
        expect(parseTree(printTree(top))).toEqual(top)
      }),
    )
  })

  test('writes what parses, whatever the names', patient, () => {
    const anything = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.string()))
    fc.assert(
      fc.property(anything, (nodes) => {
        const children = Object.entries(nodes).map(([name, own]) => [name, node(own)] as const)
        const text = printTree({ properties: {}, children: new Map(children) })
        expect(() => parseTree(text)).not.toThrow()
      }),
    )
  })
})
