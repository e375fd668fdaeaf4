import { describe, expect, test } from 'vitest'
import { TreeSyntaxError } from '../../src/errors.ts'
import { maxTreeLength, parseTree } from '../../src/tree/parse.ts'
import type { Tree } from '../../src/tree/tree.ts'

/** A tree as plain objects: children behind slashes. */
function plain(tree: Tree): object {
  const children = [...tree.children].map(([name, child]) => [`/${name}`, plain(child)] as const)
  return { ...tree.properties, ...Object.fromEntries(children) }
}

const parse = (text: string): object => plain(parseTree(text))

describe('parseTree', () => {
  test('reads nodes, types, properties and both kinds of links', () => {
    const text = `
# a comment
/lb : ipvs
  /pools
    address = '1.2.3.4:80'  # where it is
    providers -> /cms/providers
    threads => /fooservice threads
  # another comment
  variance = 4
/127.0.0.1:8080
`
    expect(parse(text)).toEqual({
      '/lb': {
        type: 'ipvs',
        variance: 4,
        '/pools': {
          address: '1.2.3.4:80',
          'providers ->': '/cms/providers',
          'threads =>': '/fooservice threads',
        },
      },
      '/127.0.0.1:8080': {},
    })
  })

  test.each([
    ['takes a type with a space before the colon', '/n : t', { '/n': { type: 't' } }],
    ['takes a type with no space before the colon', '/n: t u', { '/n': { type: 't u' } }],
    ['takes a colon within a name', '/a:b', { '/a:b': {} }],
    ['takes a name with a colon and a type', '/a:b : t', { '/a:b': { type: 't' } }],
    ['takes an equals sign in the name of a node', '/a=b', { '/a=b': {} }],
    ['takes properties without spaces', "/n\n x='a=>b'", { '/n': { x: 'a=>b' } }],
    ['takes links without spaces', '/n\n a->b\n c=>d', { '/n': { 'a ->': 'b', 'c =>': 'd' } }],
    ['counts a tab as one', '/n\n\tx = 1\n y = 2', { '/n': { x: 1, y: 2 } }],
    ['takes lines that end in CR LF', '/n\r\n  x = 1\r\n', { '/n': { x: 1 } }],
    [
      'takes any depth of indentation',
      '/n\n       /m\n       /k',
      { '/n': { '/m': {}, '/k': {} } },
    ],
    [
      'takes children after properties and properties after children',
      '/n\n /m\n x = 1',
      { '/n': { '/m': {}, x: 1 } },
    ],
    ['takes nothing for an empty tree', '\n# nothing\n', {}],
  ])('%s', (_rule, text, tree) => {
    expect(parse(text)).toEqual(tree)
  })

  test.each([
    ['properties above the nodes', 'x = 1', 1, "Can't import properties above imported nodes."],
    ['indentation under a property', '/n\n  x = 1\n    y = 1', 3, "Can't indent under properties"],
    ['indentation that fits no level', '/n\n    x = 1\n  y = 1', 3, 'Invalid indentation'],
    ['two nodes of one name', '/n\n/n', 2, 'duplicate node'],
    ['two properties of one name', '/n\n x = 1\n x = 2', 3, 'duplicate property'],
    ['a type beside a type', "/n : t\n type = 'u'", 2, 'duplicate property'],
    ['a link with two targets', '/n\n x -> y z', 2, 'Bad link format'],
    ['a line that says nothing', '/n\n what is this', 2, 'Unrecognized data'],
    ['a value that is no literal', '/n\n x = os.system("x")', 2, 'is not a number'],
    ['several names in a line', '/a/b', 1, 'Unrecognized data'],
  ])('refuses %s, and says where', (_rule, text, line, reason) => {
    expect(() => parseTree(text)).toThrow(TreeSyntaxError)
    expect(() => parseTree(text)).toThrow(`line ${line}: `)
    expect(() => parseTree(text)).toThrow(reason)
  })

  test('keeps a property called __proto__ to itself', () => {
    const node = parseTree('/n\n __proto__ = {}').children.get('n')
    expect(Object.keys(node?.properties ?? {})).toEqual(['__proto__'])
  })

  test('refuses a text without bounds', () => {
    expect(() => parseTree('#'.repeat(maxTreeLength + 1))).toThrow('at most')
  })
})
